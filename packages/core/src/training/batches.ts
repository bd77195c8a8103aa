// Which examples make which batch. Everything follows from the seed and the epoch, so that a position (epoch, batch) is all that a
// resumed run needs. Batches are always full: what is left over at the end of an epoch waits for another one's order.

import { bucketBatches } from "../data/aspect-buckets.ts";
import { order, weightedOrder } from "../data/order.ts";

/** A place in the data. */
export interface BatchPosition {
  readonly epoch: number;
  /** Number within the epoch. */
  readonly batch: number;
}

/** Examples to learn from together, by index. */
export interface Batch extends BatchPosition {
  readonly indices: readonly number[];
  /** Where to go on after it. */
  readonly next: BatchPosition;
}

/** How examples are put together. */
export interface BatchOptions {
  readonly length: number;
  readonly batchSize: number;
  readonly seed: number;
  /** How often each example is seen, relative to the others; all alike by default. */
  readonly weights?: ArrayLike<number>;
  /** Examples of different groups never share a batch: a group number for each, all one by default. */
  readonly groups?: ArrayLike<number>;
}

/** Batches from `position` on, without end. Throws RangeError when there are no examples. */
export function* batchesFrom(position: BatchPosition, options: BatchOptions): Generator<Batch, never> {
  for (let { epoch, batch } = position; ; epoch++, batch = 0) {
    const batches = epochBatches(epoch, options);
    for (; batch < batches.length; batch++) {
      const isLast = batch === batches.length - 1;
      const next = isLast ? { epoch: epoch + 1, batch: 0 } : { epoch, batch: batch + 1 };
      yield { epoch, batch, indices: batches[batch], next };
    }
  }
}

/** The batches of one epoch, each of `batchSize` examples; a group smaller than that fills one by repetition. */
export function epochBatches(
  epoch: number,
  { length, batchSize, seed, weights, groups }: BatchOptions,
): readonly (readonly number[])[] {
  const sequence = weights === undefined ? order(length, seed, epoch) : weightedOrder(weights, seed, epoch);
  const groupOf = (index: number) => groups?.[index] ?? 0;
  const batches = bucketBatches(sequence, { bucketOf: groupOf, batchSize });
  const full = batches.filter((batch) => batch.length === batchSize);
  const filled = new Set(full.map(([first]) => groupOf(first)));
  const small = batches.filter((batch) => batch.length < batchSize && !filled.has(groupOf(batch[0])));
  return [...full, ...small.map((batch) => Array.from({ length: batchSize }, (_, i) => batch[i % batch.length]))];
}
