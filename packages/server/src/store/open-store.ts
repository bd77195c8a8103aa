// A store by its address.

import { openFolderStore } from "./folder-store.ts";
import type { FileStore } from "./file-store.ts";

/** The store at `address`: s3://…, whose keys are in the environment, or a folder that all who use it see. */
export async function openSharedStore(address: string): Promise<FileStore> {
  if (!address.startsWith("s3://")) return openFolderStore(address, { isShared: true });
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    throw new Error(
      "Cannot open the pictures: there is no key for the store (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment are wanted)",
    );
  const { openS3Store } = await import("./s3-store.ts");
  return openS3Store(address, {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
  });
}
