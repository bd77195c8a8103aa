// What a frozen network makes of every example, computed once and kept: an autoencoder's latents, an image tower's features.

import { openFile, pathExists } from "#platform";
import type { Dataset } from "../../data/dataset.ts";
import { readSafetensorsFile } from "../../safetensors/read.ts";
import { readTensorBytes } from "../../safetensors/read-tensor.ts";
import { writeSafetensors } from "../../safetensors/write.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { elementCount, tensor } from "../../tensor/tensor.ts";
import { concatenate } from "../../util/concatenate.ts";
import { float16ToFloat32, float32ToFloat16 } from "../../util/half.ts";

/** Tensors by name, each with a row for each example. */
type Rows<Name extends string> = { readonly [N in Name]?: Tensor };

/** What was made of every example, in memory and in a file as 16-bit floats. */
export interface ExampleCache<R> {
  /** Of examples of one shape, [N,…]. */
  take(indices: readonly number[]): R;
}

/** What a cache is of; a file for something else is made anew. */
export interface ExampleCacheOptions<R> {
  /** File. */
  readonly path: string;
  /** Names the data, the network and the shapes. */
  readonly key: string;
  readonly length: number;
  /** Shape of what is made of each example. */
  readonly dimsOf: (index: number) => readonly number[];
  /** Makes it, of some examples of one shape. */
  readonly encode: (indices: readonly number[]) => Promise<R>;
  readonly batchSize: number;
  readonly onProgress: (done: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/** Where the pictures of examples stand in a cache that has each of their variants, epoch after epoch. */
export interface PictureEntries {
  readonly count: number;
  /** The entry for the picture of example `index` in an epoch. */
  entryOf(index: number, epoch: number): number;
  /** The first place in the data where an entry's picture is. */
  placeOf(entry: number): { readonly index: number; readonly epoch: number };
}

/** The entries of all pictures of a data set. */
export const pictureEntries = ({ length, variants = 1 }: Pick<Dataset, "length" | "variants">): PictureEntries => ({
  count: length * variants,
  entryOf: (index, epoch) => (epoch % variants) * length + index,
  placeOf: (entry) => ({ index: entry % length, epoch: Math.floor(entry / length) }),
});

/** Opens the cache at `path`, going through all examples first when there is none. */
export async function openExampleCache<R extends Rows<Extract<keyof R, string>>>(
  options: ExampleCacheOptions<R>,
): Promise<ExampleCache<R>> {
  const { path, key, length, dimsOf } = options;
  const kept = (await readKept(path, key)) ?? (await encodeAll(options));
  const starts = new Float64Array(length + 1);
  for (let i = 0; i < length; i++) starts[i + 1] = starts[i] + elementCount(dimsOf(i));
  return {
    take(indices) {
      const dims = [indices.length, ...dimsOf(indices[0])];
      const size = elementCount(dims.slice(1));
      const gathered = Array.from(kept, ([name, values]) => {
        const halves = new Uint16Array(elementCount(dims));
        indices.forEach((index, i) => halves.set(values.subarray(starts[index], starts[index + 1]), i * size));
        return [name, tensor(dims, float16ToFloat32(halves))];
      });
      return Object.fromEntries(gathered) as R;
    },
  };
}

/** All values of each tensor as binary16, example after example. */
type Kept = ReadonlyMap<string, Uint16Array>;

async function readKept(path: string, key: string): Promise<Kept | undefined> {
  if (!(await pathExists(path))) return undefined;
  const { tensors, metadata } = await readSafetensorsFile(path);
  if (metadata.key !== key) return undefined;
  const source = await openFile(path);
  try {
    const kept = new Map<string, Uint16Array>();
    for (const [name, stored] of tensors) {
      const bytes = await readTensorBytes(source, stored);
      kept.set(name, new Uint16Array(bytes.slice().buffer));
    }
    return kept;
  } finally {
    await source.close();
  }
}

async function encodeAll<R extends Rows<Extract<keyof R, string>>>({
  path,
  key,
  length,
  dimsOf,
  encode,
  batchSize,
  onProgress,
  signal,
}: ExampleCacheOptions<R>): Promise<Kept> {
  const parts = new Map<string, Uint16Array[]>();
  for (let start = 0; start < length;) {
    signal?.throwIfAborted();
    // As many neighbours as have one shape.
    const shape = String(dimsOf(start));
    let end = start + 1;
    while (end < Math.min(length, start + batchSize) && String(dimsOf(end)) === shape) end++;
    const made = await encode(Array.from({ length: end - start }, (_, i) => start + i));
    for (const [name, rows] of Object.entries<Tensor | undefined>(made)) {
      if (rows === undefined) continue;
      if (!parts.has(name)) parts.set(name, []);
      parts.get(name)!.push(float32ToFloat16(rows.data));
    }
    start = end;
    onProgress(start, length);
  }
  const kept = new Map(Array.from(parts, ([name, values]) => [name, concatenate(values)]));
  const entries = Array.from(
    kept,
    ([name, { length, buffer }]) =>
      [name, { dims: [length], type: "F16", data: new Uint8Array(buffer as ArrayBuffer) }] as const,
  );
  await writeSafetensors(path, entries, { metadata: { key } });
  return kept;
}
