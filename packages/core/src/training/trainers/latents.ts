// What a denoising network learns, by example: pixels as they are, or latents, encoded once and kept, or anew each time.

import { pathExists } from "#platform";
import { readSafetensorsFile } from "../../safetensors/read.ts";
import { readTensors } from "../../safetensors/read-tensor.ts";
import { writeSafetensors } from "../../safetensors/write.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { elementCount, tensor } from "../../tensor/tensor.ts";
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

/** The moments of every example, kept in memory and in a file. */
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
      const gather = (values: Float32Array) => {
        const all = tensor(dims);
        const size = elementCount(dims.slice(1));
        indices.forEach((index, i) => all.data.set(values.subarray(starts[index], starts[index + 1]), i * size));
        return all;
      };
      return { mean: gather(kept.mean), ...(kept.logVariance && { logVariance: gather(kept.logVariance) }) };
    },
  };
}

/** All values, example after example. */
interface Kept {
  readonly mean: Float32Array;
  readonly logVariance?: Float32Array;
}

async function readKept(path: string, key: string): Promise<Kept | undefined> {
  if (!(await pathExists(path))) return undefined;
  const { tensors, metadata } = await readSafetensorsFile(path);
  if (metadata.key !== key) return undefined;
  const values = await readTensors(tensors);
  const logVariance = values.get("logVariance");
  return { mean: values.get("mean")!.data, ...(logVariance && { logVariance: logVariance.data }) };
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
  const means: Float32Array[] = [];
  const logVariances: Float32Array[] = [];
  for (let start = 0; start < length;) {
    signal?.throwIfAborted();
    // As many neighbours as have one shape.
    const shape = String(dimsOf(start));
    let end = start + 1;
    while (end < Math.min(length, start + batchSize) && String(dimsOf(end)) === shape) end++;
    const { mean, logVariance } = await encode(Array.from({ length: end - start }, (_, i) => start + i));
    means.push(mean.data);
    if (logVariance !== undefined) logVariances.push(logVariance.data);
    start = end;
    onProgress(start, length);
  }
  const kept = { mean: joined(means), ...(logVariances.length > 0 && { logVariance: joined(logVariances) }) };
  const entries = Object.entries(kept).map(([name, data]) => [name, { dims: [data.length], data }] as const);
  await writeSafetensors(path, entries, { metadata: { key } });
  return kept;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
