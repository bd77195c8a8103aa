// Weights split over several files: an index names, for every tensor, the file beside it that holds it.
// {"metadata": {"total_size": 123}, "weight_map": {"conv_in.weight": "model-00001-of-00002.safetensors"}}

import { joinPath, parentFolder, readText } from "#platform";
import type { StoredTensor } from "../tensor/stored.ts";
import { isRecord } from "../util/is-record.ts";
import { cannotRead } from "./cannot-read.ts";
import { duplicateKey } from "./duplicate-key.ts";
import { storedTensor } from "./weights.ts";
import type { Weights } from "./weights.ts";

/** Reads an index file and, once each with `readShard`, the files it names. Shards must lie in the index's own folder. */
export async function readShards(path: string, readShard: (path: string) => Promise<Weights>): Promise<Weights> {
  const { weightMap, metadata } = parseIndex(path, await readText(path));
  const tensors = new Map<string, StoredTensor>();
  const shards = new Map<string, Weights>();
  for (const [name, file] of Object.entries(weightMap)) {
    const shardPath = joinPath(parentFolder(path), file);
    const shard = shards.get(file) ?? (await readShard(shardPath));
    shards.set(file, shard);
    tensors.set(name, storedTensor(shard.tensors, name, shardPath));
  }
  const all = [...[...shards.values()].map((shard) => shard.metadata), metadata];
  return { tensors, metadata: Object.fromEntries(all.flatMap((one) => Object.entries(one))) };
}

function parseIndex(
  path: string,
  text: string,
): { weightMap: Record<string, string>; metadata: Record<string, string> } {
  let index: { weight_map?: unknown; metadata?: unknown } | null;
  try {
    index = JSON.parse(text) as typeof index;
  } catch (cause) {
    throw cannotRead(path, "it is not JSON (an index of shards is wanted)", { cause });
  }
  const weightMap = index?.weight_map;
  if (!isRecord(weightMap)) {
    throw cannotRead(path, 'it has no "weight_map" (file names by tensor name are wanted)');
  }
  const duplicate = duplicateKey(text);
  if (duplicate !== undefined) throw cannotRead(path, `it has the key "${duplicate}" twice`);
  for (const [name, file] of Object.entries(weightMap)) {
    if (typeof file !== "string" || !isFileName(file)) {
      throw cannotRead(path, `"${name}" is in ${JSON.stringify(file)} (a file name in the same folder is wanted)`);
    }
  }
  const metadata = Object.entries(index?.metadata ?? {}).filter(([, value]) => typeof value === "string");
  return { weightMap: weightMap as Record<string, string>, metadata: Object.fromEntries(metadata) };
}

/** A plain name: no separators of any system, no drive, not the folder itself or its parent. */
function isFileName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/\\:\0]/.test(name);
}
