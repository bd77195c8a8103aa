// Feature vectors of a set of pictures: what distribution metrics compare.

import type { Tensor } from "../tensor/tensor.ts";

/** N feature vectors of width D, row-major [N,D]. */
export type Features = Tensor | Tensor<"float64">;

/** Row `index` of `features`, a view of [D]. */
export function row({ dims: [, width], data }: Features, index: number): Float32Array | Float64Array {
  return data.subarray(index * width, (index + 1) * width);
}

/** The rows [from, to) of `features`, a view. */
export function rows(features: Features, from: number, to: number): Features {
  const width = features.dims[1];
  const data = features.data.subarray(from * width, to * width);
  return { dims: [to - from, width], data } as Features;
}

/** ‖a − b‖². */
export function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}

/** a·b. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Throws RangeError unless `a` and `b` are of one width and have `least` rows each. `metric` is what is computed. */
export function checkFeatures(metric: string, a: Features, b: Features, least: number): void {
  for (const features of [a, b]) {
    const [count, width] = features.dims;
    if (features.dims.length !== 2 || width === 0)
      throw new RangeError(`Cannot compute ${metric}: features are [${features.dims}] ([N,D] is wanted)`);
    if (count < least)
      throw new RangeError(`Cannot compute ${metric}: ${count} pictures on one side (at least ${least} are wanted)`);
  }
  if (a.dims[1] !== b.dims[1]) {
    throw new RangeError(
      `Cannot compute ${metric}: features of width ${a.dims[1]} beside ${b.dims[1]} (one feature network is wanted)`,
    );
  }
}
