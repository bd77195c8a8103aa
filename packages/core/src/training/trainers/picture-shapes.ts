// The shapes that pictures are trained in: one, or aspect buckets.

import { aspectBuckets, nearestBucket } from "../../data/aspect-buckets.ts";
import type { Size } from "../../data/aspect-buckets.ts";
import type { ExampleReader } from "../examples.ts";
import type { DiffusionRecipe } from "../recipe/diffusion.ts";

/** Shapes of pictures in pixels. Throws RangeError where they are no whole number of latents. */
export function shapesOf({ size, buckets }: Pick<DiffusionRecipe, "size" | "buckets">, factor: number): Size[] {
  if (size % factor !== 0)
    throw new RangeError(
      `Cannot train at ${size} pixels: the autoencoder's latents are ${factor} times smaller (a multiple of that is wanted)`,
    );
  if (buckets === undefined) return [{ width: size, height: size }];
  const step = leastCommonMultiple(buckets.step, factor);
  const minSide = Math.max(step, Math.floor(size / Math.sqrt(buckets.maxAspect) / step) * step);
  return aspectBuckets({ area: size * size, step, minSide });
}

function leastCommonMultiple(a: number, b: number): number {
  let multiple = a;
  while (multiple % b !== 0) multiple += a;
  return multiple;
}

/** The bucket of each example. */
export async function groupsOf(
  reader: ExampleReader,
  length: number,
  shapes: readonly Size[],
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const groups = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    signal?.throwIfAborted();
    groups[index] = nearestBucket((await reader.readWhole(index, 0)).image, shapes);
  }
  return groups;
}
