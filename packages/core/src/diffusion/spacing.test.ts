import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { linspace, roundHalfEven, spacedTimesteps } from "./spacing.ts";

describe("spacing", () => {
  // Values of NumPy 2.4; the ties of n = 48 and n = 16 are what rounding and the order of operations decide.
  test.each([
    ["trailing", 3, [999, 666, 332]],
    ["trailing", 16, [999, 937, 874, 811, 749, 687, 624, 561, 499, 437, 374, 311, 249, 187, 124, 61]],
    ["leading", 3, [667, 334, 1]],
  ] as const)(
    "spacedTimesteps() gives the paper's timesteps when the spacing is %s and n is %d",
    (spacing, steps, expected) => {
      expect(spacedTimesteps(spacing, { steps, trainSteps: 1000, offset: 1 })).toEqual(expected);
    },
  );

  it("spacedTimesteps() ends at 0 for linspace, and above it with an extra point", () => {
    expect(spacedTimesteps("linspace", { steps: 4, trainSteps: 1000 })).toEqual([999, 666, 333, 0]);
    expect(spacedTimesteps("linspace", { steps: 3, trainSteps: 1000, extraPoint: true })).toEqual([999, 666, 333]);
    expect(spacedTimesteps("leading", { steps: 4, trainSteps: 1000, extraPoint: true })).toEqual([800, 600, 400, 200]);
  });

  it("spacedTimesteps() gives n falling timesteps of the model for every n", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("linspace", "leading", "trailing"),
        fc.integer({ min: 1, max: 1000 }),
        (spacing, steps) => {
          const timesteps = spacedTimesteps(spacing, { steps, trainSteps: 1000 });
          return (
            timesteps.length === steps &&
            timesteps.every((t, i) => t >= 0 && t <= 999 && (i === 0 || t < timesteps[i - 1]))
          );
        },
      ),
    );
  });

  it("linspace() includes both ends, and only the first when count is 1", () => {
    expect(linspace(0, 1, 5)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(linspace(3, 7, 1)).toEqual([3]);
  });

  it("roundHalfEven() takes the even neighbour at a tie", () => {
    expect([0.5, 1.5, 2.5, 937.5, 812.5, 2.4, 2.6].map(roundHalfEven)).toEqual([0, 2, 2, 938, 812, 2, 3]);
  });
});
