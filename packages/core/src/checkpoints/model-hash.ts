// A1111's "Model hash": how images say which weights made them.

import { disk, openFile } from "#platform";

const chunkBytes = 2 ** 24;
const hexDigits = 10;
const maxPageBytes = 2 ** 31 - 1;

/** The first 10 hex digits of the SHA-256 of a file, or of several one after the other. Reads them whole, in pieces. */
export async function modelHash(paths: readonly string[]): Promise<string> {
  const sha256 = disk?.digest("sha256") ?? pageDigest();
  for (const path of paths) {
    const source = await openFile(path);
    try {
      for (let offset = 0; offset < source.size; offset += chunkBytes) {
        sha256.update(await source.read(offset, Math.min(chunkBytes, source.size - offset)));
      }
    } finally {
      await source.close();
    }
  }
  return (await sha256.digest()).slice(0, hexDigits);
}

/** SHA-256 in a page, which can only digest bytes that it holds all at once. */
function pageDigest(): { update(bytes: Uint8Array): void; digest(): Promise<string> } {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let sizeBytes = 0;
  return {
    update(bytes) {
      sizeBytes += bytes.length;
      if (sizeBytes > maxPageBytes) {
        throw new Error(
          `Cannot hash the checkpoint: it is larger than ${maxPageBytes} bytes (a browser page digests less)`,
        );
      }
      parts.push(bytes as Uint8Array<ArrayBuffer>);
    },
    async digest() {
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer()));
      return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    },
  };
}
