import { describe, expect, it } from "vitest";
import { hashFraction, pickWeighted, randomStream } from "./random-stream.ts";

const take = (count: number, random: () => number) => Array.from({ length: count }, random);

describe("randomStream()", () => {
  it("randomStream() gives the same numbers when asked for the same stream, and others for any other", () => {
    const first = take(9, randomStream(7, 1, 2));
    expect(take(9, randomStream(7, 1, 2))).toEqual(first);
    for (const other of [
      randomStream(8, 1, 2),
      randomStream(7, 2, 2),
      randomStream(7, 1, 3),
      randomStream(7 + 2 ** 32, 1, 2),
    ]) {
      expect(take(9, other)).not.toEqual(first);
    }
  });

  it("randomStream() is uniform when many numbers are taken", () => {
    const numbers = take(100_000, randomStream(3));
    const mean = numbers.reduce((sum, u) => sum + u, 0) / numbers.length;
    // The mean of 10⁵ uniforms has a standard deviation of 0.0009.
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.004);
    expect(Math.min(...numbers.slice(0, 1e4))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers.slice(0, 1e4))).toBeLessThan(1);
  });
});

describe("pickWeighted()", () => {
  it("pickWeighted() picks in proportion to the weights when there are several", () => {
    const random = randomStream(1);
    const counts = { a: 0, b: 0, c: 0 };
    for (let i = 0; i < 10_000; i++) counts[pickWeighted(random, { a: 3, b: 1, c: 0 })]++;
    expect(counts.c).toBe(0);
    expect(Math.abs(counts.a / 10_000 - 0.75)).toBeLessThan(0.02);
  });

  it("pickWeighted() says so when nothing can be picked", () => {
    expect(() => pickWeighted(randomStream(1), { a: 0 })).toThrow("Cannot choose: the weights add up to 0");
  });
});

describe("hashFraction()", () => {
  it("hashFraction() spreads names evenly when they differ in one character", () => {
    const bins = new Array<number>(10).fill(0);
    for (let i = 0; i < 20_000; i++) bins[Math.floor(hashFraction(`concept ${i.toString(16)}`) * 10)]++;
    // χ² of ten bins stays below 27.9 in 999 of 1000 cases.
    expect(bins.reduce((sum, n) => sum + (n - 2000) ** 2 / 2000, 0)).toBeLessThan(27.9);
  });
});
