import { describe, expect, it } from "vitest";
import { lincomb, scaled } from "./lincomb.ts";

describe("lincomb", () => {
  it("lincomb() adds the scaled arrays when given several", () => {
    expect([...lincomb([2, Float32Array.of(1, 2)], [-1, Float32Array.of(0.5, 0)])]).toEqual([1.5, 4]);
  });

  it("lincomb() rounds every operation to float32 when a term is far below the sum", () => {
    const tiny = Float32Array.of(2 ** -24);
    expect([...lincomb([1, Float32Array.of(1)], [1, tiny], [1, tiny])]).toEqual([1]);
  });

  it("lincomb() throws when the lengths differ", () => {
    expect(() => lincomb([1, new Float32Array(2)], [1, new Float32Array(3)])).toThrow(
      "Cannot combine arrays: 3 values beside 2",
    );
  });

  it("scaled() leaves its argument when it scales", () => {
    const x = Float32Array.of(1, -2);
    expect([...scaled(x, -2)]).toEqual([-2, 4]);
    expect([...x]).toEqual([1, -2]);
  });
});
