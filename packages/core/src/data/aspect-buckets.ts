// Sizes of about one area and different shapes, so that a batch has one size and pictures lose little at their edges: aspect
// ratio bucketing, as NovelAI described it for Stable Diffusion (2022).

/** A size in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Which sizes there shall be. */
export interface BucketOptions {
  /** Each size has at most this many pixels. */
  readonly area: number;
  /** Sides are multiples of this: the autoencoder's factor times the UNet's. */
  readonly step?: number;
  readonly minSide?: number;
  readonly maxSide?: number;
}

/** All sizes whose sides are multiples of `step` and whose longer side cannot grow within the area, widest last. */
export function aspectBuckets({
  area,
  step = 64,
  minSide = step * 4,
  maxSide = Math.floor(area / minSide / step) * step,
}: BucketOptions): Size[] {
  const buckets = new Map<string, Size>();
  for (let width = minSide; width <= maxSide; width += step) {
    const height = Math.min(maxSide, Math.floor(area / width / step) * step);
    if (height < minSide) continue;
    buckets.set(`${width}x${height}`, { width, height });
  }
  if (buckets.size === 0) {
    throw new RangeError(
      `Cannot make aspect buckets: no multiples of ${step} from ${minSide} to ${maxSide} have at most ${area} pixels`,
    );
  }
  return [...buckets.values()].toSorted((a, b) => a.width / a.height - b.width / b.height);
}

/** The index of the bucket whose shape is nearest to that of `size`, by the ratio of their aspect ratios. */
export function nearestBucket({ width, height }: Size, buckets: readonly Size[]): number {
  const distance = (bucket: Size) => Math.abs(Math.log((width * bucket.height) / (height * bucket.width)));
  let best = 0;
  for (let i = 1; i < buckets.length; i++) if (distance(buckets[i]) < distance(buckets[best])) best = i;
  return best;
}

/**
 * Batches of `batchSize` indices of one bucket each, in the order in which they fill up as `order` is gone through; what is
 * left of each bucket at the end comes last, in smaller batches.
 */
export function bucketBatches(
  order: ArrayLike<number>,
  { bucketOf, batchSize }: { readonly bucketOf: (index: number) => number; readonly batchSize: number },
): number[][] {
  const open = new Map<number, number[]>();
  const batches: number[][] = [];
  for (let i = 0; i < order.length; i++) {
    const bucket = bucketOf(order[i]);
    const batch = [...(open.get(bucket) ?? []), order[i]];
    open.set(bucket, batch);
    if (batch.length < batchSize) continue;
    batches.push(batch);
    open.delete(bucket);
  }
  return [...batches, ...open.values()];
}
