// Kernel distance between two sets of features (KID: Bińkowski et al. 2018, arXiv 1801.01401, §4): the unbiased
// squared maximum mean discrepancy under the cubic kernel k(x, y) = (x·y/D + 1)³. Unlike Fréchet's its expectation
// does not depend on the number of pictures.

import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { checkFeatures, dot, row } from "./features.ts";
import type { Features } from "./features.ts";
import { meanDeviation } from "./mean-deviation.ts";

/** MMD² of all rows of `a` [N,D] and `b` [M,D]; negative values near zero are possible. Cost (N+M)²·D. */
export function kernelDistance(a: Features, b: Features): number {
  checkFeatures("a kernel distance", a, b, 2);
  const indices = (features: Features) => Uint32Array.from({ length: features.dims[0] }, (_, i) => i);
  return meanDiscrepancy(a, indices(a), b, indices(b));
}

/**
 * Mean and population standard deviation of MMD² over `subsets` random subsets of `size` rows from each side, as KID is
 * usually reported (100 of 1,000). Throws RangeError when a side has fewer than `size` rows.
 */
export function subsetKernelDistance(
  a: Features,
  b: Features,
  { subsets = 100, size = 1000, seed = 0 }: { subsets?: number; size?: number; seed?: number } = {},
): { readonly mean: number; readonly deviation: number } {
  checkFeatures(`a kernel distance over subsets of ${size}`, a, b, Math.max(size, 2));
  const generator = new TorchGenerator(seed);
  const pick = (features: Features) => generator.randperm(features.dims[0]).slice(0, size);
  return meanDeviation(Array.from({ length: subsets }, () => meanDiscrepancy(a, pick(a), b, pick(b))));
}

function meanDiscrepancy(a: Features, inA: ArrayLike<number>, b: Features, inB: ArrayLike<number>): number {
  const width = a.dims[1];
  const kernel = (x: ArrayLike<number>, y: ArrayLike<number>) => (dot(x, y) / width + 1) ** 3;
  const within = (features: Features, indices: ArrayLike<number>) => {
    let sum = 0;
    for (let i = 0; i < indices.length; i++)
      for (let j = 0; j < i; j++) sum += kernel(row(features, indices[i]), row(features, indices[j]));
    return (2 * sum) / (indices.length * (indices.length - 1));
  };
  let across = 0;
  for (let i = 0; i < inA.length; i++)
    for (let j = 0; j < inB.length; j++) across += kernel(row(a, inA[i]), row(b, inB[j]));
  return within(a, inA) + within(b, inB) - (2 * across) / (inA.length * inB.length);
}
