import { describe, expect, it } from "vitest";
import { TorchGenerator } from "../../util/rng/torch-generator.ts";
import { drawTimesteps } from "./timesteps.ts";

const drawn = (options: Parameters<typeof drawTimesteps>[2], count = 40_000): Float64Array =>
  drawTimesteps(new TorchGenerator(1), count, options);

describe("drawTimesteps()", () => {
  it("drawTimesteps() draws as torch.randint when there is no bias", () => {
    expect(drawn({ timesteps: 1000 })).toEqual(new TorchGenerator(1).randint(40_000, 0, 1000));
  });

  it.each([
    [{ begin: 6, end: 9, multiplier: 4 }, [1, 1, 1, 1, 1, 1, 4, 4, 4, 1]],
    [{ begin: 7, multiplier: 3 }, [1, 1, 1, 1, 1, 1, 1, 3, 3, 3]],
    [{ begin: 0, end: 2, multiplier: 0.5 }, [0.5, 0.5, 1, 1, 1, 1, 1, 1, 1, 1]],
  ])("drawTimesteps() draws levels in the shares of %j", (bias, shares) => {
    const counts = new Array<number>(10).fill(0);
    const levels = drawn({ timesteps: 10, bias });
    for (const level of levels) counts[level]++;
    const total = shares.reduce((a, b) => a + b);
    counts.forEach((count, level) => {
      const share = shares[level] / total;
      // Five standard deviations.
      expect(Math.abs(count / levels.length - share)).toBeLessThan(5 * Math.sqrt(share / levels.length));
    });
  });

  it.each([{ begin: 5, end: 5 }, { begin: 10 }, { begin: 0, end: 11 }])(
    "drawTimesteps() throws when %j is no range of 10 levels",
    (range) => {
      expect(() => drawn({ timesteps: 10, bias: { ...range, multiplier: 2 } })).toThrow(
        /^Cannot draw noise levels from \d+ to \d+ more often: the model has 10 \(a range of these is wanted\)$/,
      );
    },
  );
});
