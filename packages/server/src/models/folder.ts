// Folders that jobs may name files of. A name is looked up in the list of what is there, never made into a path: there is
// no way to write a name that leads out. Links that lead out are left out of the list.

import { realpath } from "node:fs/promises";
import { relative, sep } from "node:path";

/** Whether the file or folder at `path` lies below one of `folders`, all links followed. */
export async function liesBelow(path: string, folders: readonly string[]): Promise<boolean> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return false;
  for (const folder of folders) {
    const root = await realpath(folder).catch(() => undefined);
    if (root === undefined) continue;
    const way = relative(root, real);
    if (way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !/^([a-z]:|[\\/])/i.test(way))) return true;
  }
  return false;
}

/** `path` below `folder` as an id: with slashes on every system. */
export const idBelow = (folder: string, path: string): string => relative(folder, path).split(sep).join("/");
