import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { order, weightedOrder } from "./order.ts";

describe("order()", () => {
  it("order() has every index once when shuffled", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(100), (length, seed, epoch) => {
        expect([...order(length, seed, epoch)].toSorted((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
      }),
      { numRuns: 50 },
    );
  });

  it("order() is the same when asked again, and another in every epoch and for every seed", () => {
    expect(order(50, 1, 0)).toEqual(order(50, 1, 0));
    expect(order(50, 1, 0)).not.toEqual(order(50, 1, 1));
    expect(order(50, 1, 0)).not.toEqual(order(50, 2, 0));
  });

  it("order() puts each index anywhere equally often when many epochs are gone through", () => {
    const firsts = [0, 0, 0, 0, 0];
    for (let epoch = 0; epoch < 5000; epoch++) firsts[order(5, 9, epoch)[0]]++;
    // χ² of five bins stays below 18.5 in 999 of 1000 cases.
    expect(firsts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)).toBeLessThan(18.5);
  });

  it("order() says so when there is nothing to order", () => {
    expect(() => order(0, 1, 0)).toThrow("Cannot order examples: there are 0 (one or more are wanted)");
  });
});

describe("weightedOrder()", () => {
  it("weightedOrder() has each index its weight's share of times, rounded up or down", () => {
    const weights = fc.array(fc.float({ min: 0, max: 10, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(weights, fc.nat(), (values, seed) => {
        const total = values.reduce((sum, value) => sum + value, 0);
        fc.pre(total > 0.01);
        const counts = new Array<number>(values.length).fill(0);
        for (const index of weightedOrder(values, seed, 0)) counts[index]++;
        values.forEach((value, i) => {
          expect(Math.abs(counts[i] - (value / total) * values.length)).toBeLessThan(1 + 1e-6);
        });
      }),
      { numRuns: 100 },
    );
  });

  it("weightedOrder() refuses weights when they are negative or all zero", () => {
    expect(() => weightedOrder([1, -1], 0, 0)).toThrow("weight 1 is -1");
    expect(() => weightedOrder([0, 0], 0, 0)).toThrow("all weights are 0");
  });
});
