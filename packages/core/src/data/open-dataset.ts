// A data set by its path, whichever of the formats it is.

import { disk, listFolder } from "#platform";
import type { Dataset } from "./dataset.ts";
import { openIdx } from "./idx.ts";
import { openImageFolder } from "./image-folder.ts";
import { openManifest } from "./manifest.ts";
import type { OpenOptions } from "./record.ts";
import { openWebDataset } from "./web-dataset.ts";

/** Opens a manifest (.jsonl), tar shards (.tar, a folder of them, a pattern), IDX files, or a folder of pictures. */
export async function openDataset(path: string, options: OpenOptions = {}): Promise<Dataset> {
  if (path.endsWith(".jsonl")) return openManifest(path, options);
  if (/\.tar$|\.t?gz$|\{.*\}/.test(path)) return openWebDataset(path, options);
  const entry = await disk?.entry(path);
  if (entry === undefined) throw new Error(`Cannot open "${path}": no such file or folder`);
  if (entry.kind === "folder") {
    const names = await listFolder(path);
    if (names.some((name) => name.endsWith(".tar"))) return openWebDataset(path, options);
    if (names.some((name) => /-idx3-ubyte(\.gz)?$/.test(name))) return openIdx(path);
    return openImageFolder(path, options);
  }
  throw new Error(`Cannot open "${path}": it is no data set (a folder, .jsonl or .tar is wanted)`);
}
