// A data set by its path, whichever of the formats it is.

import { disk, listFolder } from "#platform";
import type { Dataset } from "./dataset.ts";
import { openIdx } from "./idx.ts";
import { readImageFolder } from "./image-folder.ts";
import { readManifest } from "./manifest.ts";
import type { OpenOptions, RecordList } from "./record.ts";
import { datasetOf } from "./record.ts";
import { readWebDataset } from "./web-dataset.ts";

/**
 * Opens a manifest (.jsonl), tar shards (.tar, a folder of them, a pattern), a folder of IDX files (its training part), or
 * a folder of pictures. Damaged pictures are in `skipped`; throws when there is nothing else.
 */
export async function openDataset(path: string, options: OpenOptions = {}): Promise<Dataset> {
  return (await isIdxFolder(path)) ? openIdx(path) : datasetOf(path, await readRecords(path), options);
}

/** The records of a manifest, tar shards or a folder of pictures; no picture is read. */
export async function readRecords(path: string): Promise<RecordList> {
  if (path.endsWith(".jsonl")) return readManifest(path);
  if (/\.tar$|\.t?gz$|\{.*\}/.test(path)) return readWebDataset(path);
  const entry = await disk?.entry(path);
  if (entry === undefined) throw new Error(`Cannot open "${path}": no such file or folder`);
  if (entry.kind === "file")
    throw new Error(`Cannot open "${path}": it is no data set (a folder, .jsonl or .tar is wanted)`);
  const isSharded = (await listFolder(path)).some((name) => name.endsWith(".tar"));
  return isSharded ? readWebDataset(path) : readImageFolder(path);
}

async function isIdxFolder(path: string): Promise<boolean> {
  if ((await disk?.entry(path))?.kind !== "folder") return false;
  return (await listFolder(path)).some((name) => /-idx3-ubyte(\.gz)?$/.test(name));
}
