import { describe, expect, it } from "vitest";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { slerp } from "./slerp.ts";

describe("slerp()", () => {
  it("slerp() goes along the quarter circle when vectors are orthogonal", () => {
    const [x, y] = slerp(Float32Array.of(1, 0), Float32Array.of(0, 1), 1 / 3);
    expect(x).toBeCloseTo(Math.cos(Math.PI / 6), 6);
    expect(y).toBeCloseTo(Math.sin(Math.PI / 6), 6);
  });

  it("slerp() is a at 0 and b at 1", () => {
    const [a, b] = [new TorchGenerator(1).randn(64), new TorchGenerator(2).randn(64)];
    slerp(a, b, 0).forEach((value, i) => expect(value).toBeCloseTo(a[i], 5));
    slerp(a, b, 1).forEach((value, i) => expect(value).toBeCloseTo(b[i], 5));
  });

  it("slerp() keeps the spread of noise where a straight line loses it", () => {
    const [a, b] = [new TorchGenerator(1).randn(4096), new TorchGenerator(2).randn(4096)];
    const spread = (x: Float32Array) => Math.sqrt(x.reduce((sum, value) => sum + value * value, 0) / x.length);
    expect(spread(slerp(a, b, 0.5))).toBeCloseTo(1, 1);
    expect(spread(a.map((value, i) => (value + b[i]) / 2))).toBeLessThan(0.75);
  });

  it("slerp() turns every line by its own angle when lines are given", () => {
    // Columns of [1,2,2]: the first orthogonal, the second opposite in length only.
    const a = Float32Array.of(1, 1, 0, 1);
    const b = Float32Array.of(0, 2, 1, 2);
    const lines = slerp(a, b, 0.5, { dims: [1, 2, 2], axis: 1 });
    const half = Math.SQRT1_2;
    [half, 1.5, half, 1.5].forEach((value, i) => expect(lines[i]).toBeCloseTo(value, 6));
  });

  it("slerp() goes straight when a and b are nearly parallel, and throws when lengths differ", () => {
    expect([...slerp(Float32Array.of(1, 0), Float32Array.of(3, 0), 0.5)]).toEqual([2, 0]);
    expect(() => slerp(new Float32Array(2), new Float32Array(3), 0)).toThrow(
      "Cannot interpolate arrays: 2 values beside 3",
    );
  });
});
