// A folder of wildcards: text files, one option a line, folders inside folders.

import { disk, joinPath } from "#platform";
import type { Wildcards } from "./expand-template.ts";

/** The wildcards of `folder`: animals/cats.txt is __animals/cats__. Throws Error where there is no such folder. */
export async function openWildcards(folder: string): Promise<Wildcards> {
  if (disk === undefined) throw new Error(`Cannot open wildcards "${folder}": a browser page has no file system`);
  const { readText } = disk;
  if ((await disk.entry(folder))?.kind !== "folder")
    throw new Error(`Cannot open wildcards "${folder}": no such folder (one with .txt files is wanted)`);
  const files = await disk.filesBelow(folder);
  const names = files.flatMap((file) => (/\.txt$/i.test(file) ? file.slice(0, -4) : [])).sort();
  return {
    source: `"${folder}"`,
    names,
    async lines(name) {
      const file = files.find((path) => path.slice(0, -4) === name)!;
      return wildcardLines((await readText(joinPath(folder, file))) ?? "");
    },
  };
}

/** The options in a wildcard file: its lines, but for empty ones and such as begin with #. */
const wildcardLines = (text: string): string[] =>
  text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
