// Files in a folder of this machine.

import { readdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { disk, pathExists, writeFileAtomic } from "@noisette/core/platform/node";
import type { FileStore } from "./file-store.ts";
import { checkStoreName } from "./store-name.ts";

/**
 * The files below `folder`, which is made where there is none. What a killed process left half-written is removed, unless
 * others that write may share it.
 */
export async function openFolderStore(
  folder: string,
  { isShared = false }: { readonly isShared?: boolean } = {},
): Promise<FileStore> {
  await disk!.makeFolder(folder);
  if (!isShared) await removeUnfinished(folder);
  const pathOf = (name: string) => {
    checkStoreName(name);
    return join(folder, name);
  };
  return {
    async write(name, bytes) {
      const path = pathOf(name);
      await disk!.makeFolder(dirname(path));
      await writeFileAtomic(path, [bytes]);
    },
    read: (name) =>
      readFile(pathOf(name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      }),
    has: (name) => pathExists(pathOf(name)),
    remove: (name) => rm(pathOf(name), { force: true }),
  };
}

async function removeUnfinished(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && /^\..*\.tmp$/.test(entry.name)) await rm(join(entry.parentPath, entry.name), { force: true });
}
