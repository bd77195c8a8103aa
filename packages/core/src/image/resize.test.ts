import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Image } from "./image.ts";
import { imageFilters, resizeImage, resizePixels } from "./resize.ts";
import type { ImageFilter } from "./resize.ts";

const grey = (values: readonly number[], width: number, filter: ImageFilter) => [
  ...resizePixels(
    { width: values.length, height: 1, channels: 1, data: Uint8Array.from(values) },
    { width, height: 1, filter },
  ),
];

describe("resizeImage()", () => {
  it("resizeImage() gives what the filters' formulas give when a line changes", () => {
    expect(grey([10, 20, 30, 40], 2, "box")).toEqual([15, 35]);
    expect(grey([0, 100], 4, "bilinear")).toEqual([0, 25, 75, 100]);
    expect(grey([0, 0, 100, 100], 2, "nearest")).toEqual([0, 100]);
    // Shrunk by 2, the triangle is four samples wide: weights 1, 3, 3 of what is inside, over 7.
    expect(grey([70, 0, 0, 0], 2, "bilinear")).toEqual([30, 0]);
    // Overshoot of the cubic at an edge is cut to bytes.
    expect(grey([0, 0, 255, 255], 8, "bicubic").slice(2, 4)).toEqual([0, 52]);
  });

  it.each(Object.keys(imageFilters) as ImageFilter[])(
    "resizeImage() keeps one colour by %s when any size",
    (filter) => {
      const size = fc.integer({ min: 1, max: 24 });
      fc.assert(
        fc.property(size, size, size, size, fc.integer({ min: 0, max: 255 }), (w, h, width, height, value) => {
          const image: Image = { width: w, height: h, channels: 3, data: new Uint8Array(3 * w * h).fill(value) };
          const { data } = resizeImage(image, { width, height, filter });
          expect(data).toHaveLength(3 * width * height);
          expect(data.every((byte) => byte === value)).toBe(true);
        }),
        { numRuns: 30 },
      );
    },
  );

  it("resizeImage() returns equal bytes of its own when the size stays", () => {
    const image: Image = { width: 2, height: 2, channels: 4, data: Uint8Array.from({ length: 16 }, (_, i) => 16 * i) };
    const same = resizeImage(image, { width: 2, height: 2 });
    expect(same).toEqual(image);
    expect(same.data).not.toBe(image.data);
  });

  it("resizeImage() commutes with mirroring when the filter is symmetric", () => {
    const values = [3, 200, 17, 90, 41, 255, 0];
    for (const filter of ["bilinear", "bicubic", "lanczos"] as const) {
      expect(grey(values.toReversed(), 10, filter)).toEqual(grey(values, 10, filter).toReversed());
    }
  });
});
