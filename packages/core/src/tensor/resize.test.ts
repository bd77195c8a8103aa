import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resized, tensorResizeModes } from "./resize.ts";
import type { TensorResizeMode } from "./resize.ts";
import { tensor } from "./tensor.ts";

const line = (values: readonly number[], width: number, mode: TensorResizeMode) => [
  ...resized(tensor([1, 1, 1, values.length], Float32Array.from(values)), { height: 1, width, mode }).data,
];

describe("resized()", () => {
  it("resized() gives torch's values when a line doubles", () => {
    expect(line([0, 1], 4, "nearest")).toEqual([0, 0, 1, 1]);
    expect(line([0, 1], 4, "bilinear")).toEqual([0, 0.25, 0.75, 1]);
    // Keys's weights at a quarter, a = −¾: what OpenCV and torch have.
    expect(line([0, 0, 0, 1, 0, 0], 12, "bicubic").slice(3, 7)).toEqual([
      -0.03515625, -0.10546875, 0.26171875, 0.87890625,
    ]);
  });

  it("resized() takes the value at the edge or at the middle when nearest", () => {
    expect(line([0, 1, 2, 3, 4], 2, "nearest")).toEqual([0, 2]);
    expect(line([0, 1, 2, 3, 4], 2, "nearest-exact")).toEqual([1, 3]);
  });

  it("resized() averages over what it shrinks when antialiased, and picks points when not", () => {
    expect(line([0, 0, 0, 8, 0, 0, 0, 0], 4, "bilinear-antialias").reduce((a, b) => a + b)).toBeCloseTo(4, 5);
    expect(line([0, 8, 0, 0], 1, "bilinear")).toEqual([4]);
  });

  it.each(Object.keys(tensorResizeModes) as TensorResizeMode[])(
    "resized() keeps a constant by %s when any size",
    (mode) => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 20 }), (from, to) => {
          for (const value of line(new Array<number>(from).fill(3), to, mode)) expect(value).toBeCloseTo(3, 5);
        }),
        { numRuns: 40 },
      );
    },
  );

  it("resized() treats each plane, rows and columns, alike", () => {
    const x = tensor([1, 2, 2, 1], Float32Array.of(0, 1, 10, 20));
    const { dims, data } = resized(x, { height: 4, width: 2, mode: "bilinear" });
    expect(dims).toEqual([1, 2, 4, 2]);
    expect([...data]).toEqual([0, 0, 0.25, 0.25, 0.75, 0.75, 1, 1, 10, 10, 12.5, 12.5, 17.5, 17.5, 20, 20]);
  });
});
