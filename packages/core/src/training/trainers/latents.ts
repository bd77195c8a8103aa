// What a denoising network learns, by example: pixels as they are, or latents, encoded once and kept, or anew each time.

import { openFile, pathExists } from "#platform";
import { readSafetensorsFile } from "../../safetensors/read.ts";
import { readTensorBytes } from "../../safetensors/read-tensor.ts";
import { storedTensor } from "../../safetensors/weights.ts";
import { writeSafetensors } from "../../safetensors/write.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { elementCount, tensor } from "../../tensor/tensor.ts";
import { concatenate } from "../../util/concatenate.ts";
import { float16ToFloat32, float32ToFloat16 } from "../../util/half.ts";
import type { TorchGenerator } from "../../util/rng/torch-generator.ts";
import type { AutoencoderFiles, Moments } from "./autoencoder-files.ts";

/** Scaled latents drawn from their distribution: (μ + σ·noise − shift)·scaling. */
export function drawLatents(
  { mean, logVariance }: Moments,
  { scaling, shift }: Pick<AutoencoderFiles, "scaling" | "shift">,
  draws: TorchGenerator,
): Tensor {
  if (logVariance === undefined)
    return tensor(
      mean.dims,
      mean.data.map((z) => (z - shift) * scaling),
    );
  const noise = draws.randn(mean.data.length);
  // The same limits as in the autoencoder's own training.
  const deviation = (i: number) => Math.exp(0.5 * Math.min(Math.max(logVariance.data[i], -30), 20));
  return tensor(
    mean.dims,
    mean.data.map((z, i) => (z + deviation(i) * noise[i] - shift) * scaling),
  );
}

/** The moments of every example, kept in memory and in a file as 16-bit floats: a thousandth of a deviation is nothing here. */
export interface LatentCache {
  /** Moments of examples of one shape, [N,z,h,w]. */
  take(indices: readonly number[]): Moments;
}

/** What a cache is of; a file for something else is made anew. */
export interface LatentCacheOptions {
  /** File. */
  readonly path: string;
  /** Names the data, the autoencoder and the shapes. */
  readonly key: string;
  readonly length: number;
  /** Shape of the latents of each example, [z,h,w]. */
  readonly dimsOf: (index: number) => readonly number[];
  /** Encodes some examples of one shape. */
  readonly encode: (indices: readonly number[]) => Promise<Moments>;
  readonly batchSize: number;
  readonly onProgress: (done: number, of: number) => void;
  readonly signal?: AbortSignal;
}

/** Opens the cache at `path`, encoding all examples first when there is none. */
export async function openLatentCache(options: LatentCacheOptions): Promise<LatentCache> {
  const { path, key, length, dimsOf } = options;
  const kept = (await readKept(path, key)) ?? (await encodeAll(options));
  const starts = new Float64Array(length + 1);
  for (let i = 0; i < length; i++) starts[i + 1] = starts[i] + elementCount(dimsOf(i));
  return {
    take(indices) {
      const dims = [indices.length, ...dimsOf(indices[0])];
      const gather = (values: Uint16Array) => {
        const halves = new Uint16Array(elementCount(dims));
        const size = elementCount(dims.slice(1));
        indices.forEach((index, i) => halves.set(values.subarray(starts[index], starts[index + 1]), i * size));
        return tensor(dims, float16ToFloat32(halves));
      };
      return { mean: gather(kept.mean), ...(kept.logVariance && { logVariance: gather(kept.logVariance) }) };
    },
  };
}

/** All values as binary16, example after example. */
interface Kept {
  readonly mean: Uint16Array;
  readonly logVariance?: Uint16Array;
}

async function readKept(path: string, key: string): Promise<Kept | undefined> {
  if (!(await pathExists(path))) return undefined;
  const { tensors, metadata } = await readSafetensorsFile(path);
  if (metadata.key !== key) return undefined;
  const source = await openFile(path);
  try {
    const read = async (name: string) => {
      const bytes = await readTensorBytes(source, storedTensor(tensors, name, path));
      return new Uint16Array(bytes.slice().buffer);
    };
    return { mean: await read("mean"), ...(tensors.has("logVariance") && { logVariance: await read("logVariance") }) };
  } finally {
    await source.close();
  }
}

async function encodeAll({
  path,
  key,
  length,
  dimsOf,
  encode,
  batchSize,
  onProgress,
  signal,
}: LatentCacheOptions): Promise<Kept> {
  const means: Uint16Array[] = [];
  const logVariances: Uint16Array[] = [];
  for (let start = 0; start < length;) {
    signal?.throwIfAborted();
    // As many neighbours as have one shape.
    const shape = String(dimsOf(start));
    let end = start + 1;
    while (end < Math.min(length, start + batchSize) && String(dimsOf(end)) === shape) end++;
    const { mean, logVariance } = await encode(Array.from({ length: end - start }, (_, i) => start + i));
    means.push(float32ToFloat16(mean.data));
    if (logVariance !== undefined) logVariances.push(float32ToFloat16(logVariance.data));
    start = end;
    onProgress(start, length);
  }
  const kept = { mean: concatenate(means), ...(logVariances.length > 0 && { logVariance: concatenate(logVariances) }) };
  const entries = Object.entries(kept).map(
    ([name, { length, buffer }]) =>
      [name, { dims: [length], type: "F16", data: new Uint8Array(buffer as ArrayBuffer) }] as const,
  );
  await writeSafetensors(path, entries, { metadata: { key } });
  return kept;
}
