// Inception score (Salimans et al. 2016, arXiv 1606.03498, §4): exp of the mean KL divergence of a classifier's
// p(y|x) from its marginal p(y). High when each picture is of one class and all classes appear.

import { row } from "./features.ts";
import type { Features } from "./features.ts";
import { meanDeviation } from "./mean-deviation.ts";

/**
 * Mean and population standard deviation over `splits` contiguous runs of logits [N,classes]; N rows that do not divide
 * are shared out as evenly as can be. Throws RangeError when there are fewer rows than splits.
 */
export function inceptionScore(
  logits: Features,
  { splits = 10 }: { splits?: number } = {},
): { readonly mean: number; readonly deviation: number } {
  const [count, classes] = logits.dims;
  if (count < splits)
    throw new RangeError(
      `Cannot compute an inception score: ${count} pictures (at least ${splits}, one per split, are wanted)`,
    );
  const scores = Array.from({ length: splits }, (_, split) => {
    const [from, to] = [Math.floor((split * count) / splits), Math.floor(((split + 1) * count) / splits)];
    const probabilities = Array.from({ length: to - from }, (_, i) => softmax(row(logits, from + i)));
    const marginal = new Float64Array(classes);
    for (const p of probabilities) p.forEach((value, y) => (marginal[y] += value / probabilities.length));
    let divergence = 0;
    for (const p of probabilities) {
      p.forEach((value, y) => {
        if (value > 0) divergence += value * Math.log(value / marginal[y]);
      });
    }
    return Math.exp(divergence / probabilities.length);
  });
  return meanDeviation(scores);
}

function softmax(logits: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(logits);
  const largest = values.reduce((a, b) => Math.max(a, b));
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((value) => value / sum);
}
