import { describe, expect, it } from "vitest";
import { nearDuplicates, nearPairs, rms } from "./near-duplicates.ts";
import { randomStream } from "./random-stream.ts";

/** Pictures of 8 × 8 around a few centres, so that some are near. */
function thumbnails(count: number): Float32Array[] {
  const random = randomStream(5);
  const centres = Array.from({ length: 6 }, () => Float32Array.from({ length: 192 }, random));
  return Array.from({ length: count }, (_, i) =>
    centres[i % 6].map((value) => value + (random() - 0.5) * 0.1 * (i % 4)),
  );
}

describe("nearPairs()", () => {
  it("nearPairs() finds what comparing all pairs finds", () => {
    const pictures = thumbnails(60);
    const all = pictures.flatMap((a, i) =>
      pictures.flatMap((b, j) => (i < j && rms(a, b) < 0.06 ? [`${i},${j}`] : [])),
    );
    const found = Array.from(nearPairs(pictures, 0.06), String);
    expect(found.toSorted()).toEqual(all.toSorted());
    expect(all.length).toBeGreaterThan(20);
  });
});

describe("nearDuplicates()", () => {
  it("nearDuplicates() keeps the first of equal pictures, and what is near only to a dropped one", () => {
    const at = (value: number) => new Float32Array(48).fill(value);
    // 0.00 keeps, 0.08 is near it, 0.16 is near only the dropped one.
    expect(nearDuplicates([at(0), at(0.08), at(0.16), at(0)], 0.1)).toEqual([false, true, false, true]);
  });
});
