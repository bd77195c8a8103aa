import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addDims,
  dimText,
  dimsText,
  evaluateDim,
  floorDivideDim,
  multiplyDims,
  sameDim,
  sameDims,
  symbol,
} from "./dim.ts";
import type { Dim } from "./dim.ts";

const [h, w] = [symbol("h"), symbol("w")];

/** Expressions as a network makes them: sizes and symbols, summed, multiplied, halved. */
const { dim: anyDim } = fc.letrec<{ dim: Dim }>((tie) => ({
  dim: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.integer({ min: -3, max: 9 }),
    fc.constantFrom<Dim>(h, w, symbol("batch")),
    fc.tuple(tie("dim"), tie("dim")).map(([a, b]) => addDims(a, b)),
    fc.tuple(tie("dim"), fc.constantFrom<Dim>(2, 3, h)).map(([a, b]) => multiplyDims(a, b)),
    fc.tuple(tie("dim"), fc.integer({ min: 1, max: 8 })).map(([a, by]) => floorDivideDim(a, by)),
  ),
}));
const anyValues = fc.record({
  h: fc.integer({ min: 1, max: 40 }),
  w: fc.integer({ min: 1, max: 40 }),
  batch: fc.integer({ min: 1, max: 5 }),
});

describe("canonical form", () => {
  it.each<[Dim, string]>([
    [addDims(h, 2, w, h, -2), "2*h + w"],
    [addDims(h, multiplyDims(h, -1)), "0"],
    [multiplyDims(w, h), "h*w"],
    [multiplyDims(addDims(h, 1), addDims(h, -1)), "h*h + -1"],
    [multiplyDims(3, 4), "12"],
    [multiplyDims(h, 0), "0"],
    [multiplyDims(), "1"],
    [floorDivideDim(addDims(multiplyDims(h, 2), 3), 2), "h + 1"],
    [floorDivideDim(addDims(h, -1), 2), "floor((h + 1)/2) + -1"],
    [floorDivideDim(h, 1), "h"],
    [floorDivideDim(7, 2), "3"],
    [floorDivideDim(-1, 2), "-1"],
  ])("dimText() is canonical: case %#", (dim, text) => {
    expect(dimText(dim)).toBe(text);
  });

  it("dimsText() lists a shape as people write it", () => {
    expect(dimsText(["batch", "h"].map(symbol))).toBe("[batch, h]");
    expect(dimsText([2, h, multiplyDims(h, 2)])).toBe("[2, h, 2*h]");
  });

  it("sameDim() sees through the order in which a sum was made", () => {
    expect(sameDim(addDims(multiplyDims(h, w), 1), addDims(1, multiplyDims(w, h)))).toBe(true);
    expect(sameDim(h, w)).toBe(false);
    expect(sameDim(h, 4)).toBe(false);
    expect(sameDims([h, 3], [h, 3])).toBe(true);
    expect(sameDims([h, 3], [h])).toBe(false);
  });

  it("evaluateDim() throws RangeError when a symbol has no value", () => {
    expect(() => evaluateDim(addDims(h, w), { h: 2 })).toThrow(
      new RangeError('Cannot evaluate dimension h + w: "w" has no value'),
    );
  });
});

describe("arithmetic equals that of numbers", () => {
  it("addDims(), multiplyDims() and floorDivideDim() commute with evaluateDim()", () => {
    fc.assert(
      fc.property(anyDim, anyDim, fc.integer({ min: 1, max: 9 }), anyValues, (a, b, by, values) => {
        const [x, y] = [evaluateDim(a, values), evaluateDim(b, values)];
        expect(evaluateDim(addDims(a, b), values)).toBe(x + y);
        expect(evaluateDim(multiplyDims(a, b), values) === x * y).toBe(true); // 0 may be −0
        expect(evaluateDim(floorDivideDim(a, by), values)).toBe(Math.floor(x / by));
      }),
    );
  });

  it("floorDivideDim() takes whole multiples out of the bracket: ⌊(n·a + b)/n⌋ = a + ⌊b/n⌋", () => {
    fc.assert(
      fc.property(anyDim, anyDim, fc.integer({ min: 1, max: 9 }), (a, b, by) => {
        const whole = floorDivideDim(addDims(multiplyDims(a, by), b), by);
        expect(dimText(whole)).toBe(dimText(addDims(a, floorDivideDim(b, by))));
      }),
    );
  });

  it("floorDivideDim() leaves no negative term inside a floor, so that truncation is the floor at run time", () => {
    fc.assert(
      fc.property(anyDim, fc.integer({ min: 2, max: 9 }), (a, by) => {
        for (const [, inside] of dimText(floorDivideDim(a, by)).matchAll(/floor\(\(([^()]*)\)/g))
          expect(inside).not.toMatch(/-/);
      }),
    );
  });

  it("sameDim() is true only of dimensions that are equal everywhere", () => {
    fc.assert(
      fc.property(anyDim, anyDim, anyValues, (a, b, values) => {
        if (sameDim(a, b)) expect(evaluateDim(a, values)).toBe(evaluateDim(b, values));
      }),
    );
  });
});
