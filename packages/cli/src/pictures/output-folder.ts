// Where results go, and that they can go there: found out before the long work, not after it.

import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, link, mkdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { formatOfPath, pictureFormats } from "@noisette/core/image/picture-file";
import type { PictureFormatId } from "@noisette/core/image/picture-file";
import { UsageError } from "../usage-error.ts";

/** A folder that results are saved in. */
export interface OutputFolder {
  readonly folder: string;
  /** The name that was asked for, without its ending; pictures are named after their seeds otherwise. */
  readonly name: string | undefined;
  /** How pictures are stored. */
  readonly format: PictureFormatId;
  /** The ending of their names. */
  readonly extension: string;
}

/**
 * `out` is a folder, or ends in ".png" or another format's ending and names the one picture. Makes the folder. Throws
 * when it cannot be written, and UsageError when one name is given for several pictures, or for another `format`.
 */
export async function openOutputFolder(out: string, pictures: number, asked?: PictureFormatId): Promise<OutputFolder> {
  const named = formatOfPath(out);
  const isPicture = named !== undefined;
  const format = asked ?? named ?? "png";
  if (isPicture && named !== format)
    throw new UsageError(`Cannot save "${out}" as ${format}: its name says ${named} (one of them is wanted)`);
  if (isPicture && pictures > 1)
    throw new UsageError(`Cannot save ${pictures} pictures as "${out}": it names one (a folder is wanted)`);
  const folder = isPicture ? dirname(out) : out;
  const probe = join(folder, `.noisette-${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(probe, "");
    await rm(probe);
  } catch (cause) {
    throw new Error(
      `Cannot save pictures in "${folder}": ${systemReason(cause as Error)} (a folder that can be written is wanted)`,
      { cause },
    );
  }
  const ending = extname(out);
  return isPicture
    ? { folder, name: basename(out, ending), format, extension: ending.slice(1).toLowerCase() }
    : { folder, name: undefined, format, extension: pictureFormats[format].extensions[0] };
}

/** "ENOTDIR: not a directory, mkdir 'x'" without what the sentence around it says already. */
const systemReason = ({ message }: Error): string => /^E[A-Z]+: (.+), \w+/.exec(message)?.[1] ?? message;

/**
 * Saves what `write` writes as the first of name.ext, name-2.ext, name-3.ext … that does not exist, and returns its
 * path. The file appears whole or not at all, and replaces nothing, whatever else is saving in the same folder.
 */
export async function saveNew(
  { folder, name, extension }: { folder: string; name: string; extension: string },
  write: (path: string) => Promise<void>,
): Promise<string> {
  const unnamed = join(folder, `.${name}-${randomUUID()}.${extension}`);
  try {
    await write(unnamed);
    for (let number = 1; ; number++) {
      const path = join(folder, `${name}${number === 1 ? "" : `-${number}`}.${extension}`);
      if (await nameFile(unnamed, path)) return path;
    }
  } finally {
    await rm(unnamed, { force: true });
  }
}

/** Gives the file a second name; false when that is taken. Where the disk knows no second names, a copy is made. */
async function nameFile(existing: string, path: string): Promise<boolean> {
  try {
    await link(existing, path);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
  }
  try {
    await copyFile(existing, path, constants.COPYFILE_EXCL);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw cause;
  }
}
