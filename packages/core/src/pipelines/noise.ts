// The random numbers of one picture: its own generator, or its part of what one generator draws for a whole batch.

import { PhiloxGenerator } from "../util/rng/philox.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { elementCount } from "../tensor/tensor.ts";

/** Which random numbers a picture gets. */
export interface NoiseOptions {
  readonly seed: number;
  readonly rng: "cpu" | "philox";
  /** One generator for `size` pictures, of which this is number `index`: each draw is the whole batch's. */
  readonly batch?: { readonly index: number; readonly size: number };
}

/** Where the noise comes from that samplers add on the way. */
export interface StepNoiseOptions extends NoiseOptions {
  /** A generator of its own kind; "same" goes on with the first one, unless the seed is another. */
  readonly stepRng: "same" | "cpu" | "philox";
  /** Added to the seed (A1111's ENSD). */
  readonly noiseSeedDelta: number;
}

/** Draws the next N(0,1) values [1,…dims] of a picture; `shared` ones are one draw for all pictures of a batch. */
export type PictureNoise = (dims: readonly number[], options?: { readonly shared?: boolean }) => Float32Array;

/** The numbers of a picture, in the order torch or A1111 draws them. */
export function pictureNoise({ seed, rng, batch }: NoiseOptions): PictureNoise {
  const torch = rng === "cpu" ? new TorchGenerator(seed) : undefined;
  const philox = rng === "philox" ? new PhiloxGenerator(seed) : undefined;
  const draw = (count: number): Float32Array => torch?.randn(count) ?? philox!.randn([count]);
  return (dims, { shared = false } = {}) => {
    const length = elementCount(dims);
    if (batch === undefined || shared) return draw(length);
    return draw(batch.size * length).subarray(batch.index * length, (batch.index + 1) * length);
  };
}

/** The numbers that a picture's sampler draws: `first` going on, or those of a generator anew. */
export function stepNoise(
  first: PictureNoise,
  { seed, rng, batch, stepRng, noiseSeedDelta }: StepNoiseOptions,
): PictureNoise {
  if (stepRng === "same" && noiseSeedDelta === 0) return first;
  return pictureNoise({ seed: seed + noiseSeedDelta, rng: stepRng === "same" ? rng : stepRng, batch });
}
