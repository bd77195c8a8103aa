// The order in which an epoch goes through a data set. It depends on (length, seed, epoch) alone, so the position of a
// run is a pair (epoch, index) and nothing else has to be saved.

import { randomStream } from "./random-stream.ts";

/** The indices 0 … length−1, shuffled for this epoch (Fisher–Yates). */
export function order(length: number, seed: number, epoch: number): Uint32Array {
  checkLength(length);
  return shuffled(
    Uint32Array.from({ length }, (_, i) => i),
    { seed, epoch },
  );
}

/**
 * As many indices as there are weights, index i about weights[i]/mean(weights) times: an epoch of weighted sampling. Drawn
 * systematically (one offset, even strides), so that each count is its expectation rounded up or down; then shuffled.
 */
export function weightedOrder(weights: ArrayLike<number>, seed: number, epoch: number): Uint32Array {
  checkLength(weights.length);
  const cumulative = Float64Array.from(weights);
  for (let i = 0; i < cumulative.length; i++) {
    if (!(cumulative[i] >= 0 && cumulative[i] < Infinity))
      throw new RangeError(`Cannot order examples: weight ${i} is ${cumulative[i]} (a number ≥ 0 is wanted)`);
    if (i > 0) cumulative[i] += cumulative[i - 1];
  }
  const total = cumulative[cumulative.length - 1];
  if (!(total > 0)) throw new RangeError("Cannot order examples: all weights are 0 (a positive one is wanted)");
  const offset = randomStream(seed, epoch, 1)();
  let index = 0;
  const drawn = Uint32Array.from({ length: weights.length }, (_, k) => {
    const target = ((k + offset) / weights.length) * total;
    while (cumulative[index] <= target) index++;
    return index;
  });
  return shuffled(drawn, { seed, epoch });
}

function shuffled(indices: Uint32Array, { seed, epoch }: { seed: number; epoch: number }): Uint32Array {
  const random = randomStream(seed, epoch);
  for (let i = indices.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [indices[i], indices[j]] = [indices[j], indices[i]];
  }
  return indices;
}

function checkLength(length: number): void {
  if (!(Number.isSafeInteger(length) && length > 0))
    throw new RangeError(`Cannot order examples: there are ${length} (one or more are wanted)`);
}
