// Difference hash: 64 bits that say, for 8 × 8 places of a picture, whether it gets brighter to the right. It hardly changes
// with size, compression, brightness and contrast. N. Krawetz, "Kind of Like That", 2013.

import { resizeBitmap } from "#platform";
import type { Image } from "../image/image.ts";
import { fitImage } from "./load-image.ts";

/** 64 bits: the upper and the lower 32. */
export type PerceptualHash = readonly [number, number];

/** The difference hash of a picture; a transparent one is seen on white. */
export async function differenceHash(image: Image): Promise<PerceptualHash> {
  const { width, height } = image;
  const opaque = await fitImage(image, { width, height, fit: "stretch" });
  const { data } = await resizeBitmap(opaque, { width: 9, height: 8 });
  const luma = (x: number, y: number) => {
    const i = (y * 9 + x) * 3;
    return 0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2]; // ITU-R BT.601
  };
  const bits = [0, 0];
  for (let y = 0; y < 8; y++) {
    for (let x = 0; x < 8; x++) {
      const half = y >> 2;
      bits[half] = ((bits[half] << 1) | Number(luma(x + 1, y) > luma(x, y))) >>> 0;
    }
  }
  return [bits[0], bits[1]];
}

/** In how many bits two hashes differ, 0 … 64. */
export const hashDistance = (a: PerceptualHash, b: PerceptualHash): number => ones(a[0] ^ b[0]) + ones(a[1] ^ b[1]);

function ones(word: number): number {
  let count = 0;
  for (let rest = word >>> 0; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count++;
  return count;
}

/**
 * All pairs of hashes that differ in at most `distance` bits, lower index first. Two such hashes agree in at least one of
 * distance + 1 bands of bits (pigeonhole), so only those in one band are compared.
 */
export function* closePairs(hashes: readonly PerceptualHash[], distance: number): Generator<[number, number]> {
  const bands = distance + 1;
  for (let band = 0; band < bands; band++) {
    const from = Math.floor((64 * band) / bands);
    const to = Math.floor((64 * (band + 1)) / bands);
    const buckets = new Map<string, number[]>();
    for (const [i, hash] of hashes.entries()) {
      const key = bitsOf(hash, from, to);
      const bucket = buckets.get(key) ?? [];
      for (const j of bucket) {
        if (hashDistance(hashes[j], hash) > distance) continue;
        // A pair that agrees in an earlier band was told there.
        const isKnown = Array.from({ length: band }, (_, b) => b).some((b) => {
          const [start, end] = [Math.floor((64 * b) / bands), Math.floor((64 * (b + 1)) / bands)];
          return bitsOf(hashes[j], start, end) === bitsOf(hash, start, end);
        });
        if (!isKnown) yield [j, i];
      }
      buckets.set(key, [...bucket, i]);
    }
  }
}

function bitsOf([upper, lower]: PerceptualHash, from: number, to: number): string {
  const binary = upper.toString(2).padStart(32, "0") + lower.toString(2).padStart(32, "0");
  return binary.slice(from, to);
}
