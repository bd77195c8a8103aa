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

/** Draws N(0,1) values for a picture's [1,…dims], in the order torch or A1111 draws them. */
export function pictureNoise({ seed, rng, batch }: NoiseOptions): (dims: readonly number[]) => Float32Array {
  const torch = rng === "cpu" ? new TorchGenerator(seed) : undefined;
  const philox = rng === "philox" ? new PhiloxGenerator(seed) : undefined;
  const draw = (count: number): Float32Array => torch?.randn(count) ?? philox!.randn([count]);
  return (dims) => {
    const length = elementCount(dims);
    if (batch === undefined) return draw(length);
    return draw(batch.size * length).subarray(batch.index * length, (batch.index + 1) * length);
  };
}
