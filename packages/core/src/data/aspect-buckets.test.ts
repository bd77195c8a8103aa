import { describe, expect, it } from "vitest";
import { aspectBuckets, bucketBatches, nearestBucket } from "./aspect-buckets.ts";

describe("aspectBuckets()", () => {
  it("aspectBuckets() are multiples of the step within the area when asked for 512²", () => {
    const buckets = aspectBuckets({ area: 512 * 512, maxSide: 1024 });
    for (const { width, height } of buckets) {
      expect([width % 64, height % 64]).toEqual([0, 0]);
      expect(width * height).toBeLessThanOrEqual(512 * 512);
      expect((width + 64) * (height + 64)).toBeGreaterThan(512 * 512); // no larger one of the shape
    }
    expect(buckets).toContainEqual({ width: 512, height: 512 });
    expect(buckets).toContainEqual({ width: 768, height: 320 });
    expect(buckets).toContainEqual({ width: 256, height: 1024 });
  });

  it("aspectBuckets() says so when no size fits", () => {
    expect(() => aspectBuckets({ area: 100 })).toThrow("Cannot make aspect buckets");
  });
});

describe("nearestBucket()", () => {
  it("nearestBucket() takes the nearest ratio when shapes differ", () => {
    const buckets = aspectBuckets({ area: 512 * 512, maxSide: 1024 });
    const shape = (width: number, height: number) => buckets[nearestBucket({ width, height }, buckets)];
    expect(shape(4000, 4000)).toEqual({ width: 512, height: 512 });
    expect(shape(1000, 10)).toEqual({ width: 1024, height: 256 });
    expect(shape(300, 400)).toEqual({ width: 448, height: 576 });
  });
});

describe("bucketBatches()", () => {
  it("bucketBatches() has one bucket in each batch and every index once when batches fill up", () => {
    const order = [5, 2, 8, 1, 9, 4, 7, 3];
    const bucketOf = (index: number) => index % 2;
    expect(bucketBatches(order, { bucketOf, batchSize: 2 })).toEqual(
      [[2, 8], [5, 1], [9, 7], [4], [3]].sort((a, b) => b.length - a.length),
    );
  });
});
