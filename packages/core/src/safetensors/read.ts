// safetensors files from disk: which bytes hold which tensor. No tensor is read here.

import { openFile } from "#platform";
import { readHeader } from "./header.ts";
import { readShards } from "./shards.ts";
import type { Weights } from "./weights.ts";

/** The tensors of `x.safetensors`, or of all shards that `x.safetensors.index.json` names. */
export async function readSafetensors(path: string): Promise<Weights> {
  return path.endsWith(".json") ? readShards(path, readSafetensorsFile) : readSafetensorsFile(path);
}

/** The tensors and metadata of one safetensors file. */
export async function readSafetensorsFile(path: string): Promise<Weights> {
  const source = await openFile(path);
  try {
    return await readHeader(source);
  } finally {
    await source.close();
  }
}
