import { describe, expect, it, test } from "vitest";
import { dpmAdaptive } from "./dpm-adaptive.ts";
import type { Denoise } from "./types.ts";

const s = 0.7;
const gaussian: Denoise = async (x, sigma) => x.map((value) => (value * s ** 2) / (s ** 2 + sigma ** 2));
const quiet = { noise: () => new Float32Array(1) };

async function run(relativeTolerance: number, order = 3) {
  let evaluations = 0;
  const counted: Denoise = (x, sigma) => (evaluations++, gaussian(x, sigma));
  const settings = { ...quiet, order, relativeTolerance, absoluteTolerance: relativeTolerance / 10 };
  const [result] = await dpmAdaptive(counted, Float32Array.of(3), [5, 0.2], settings);
  const exact = (3 * Math.hypot(s, 0.2)) / Math.hypot(s, 5);
  return { error: Math.abs(result - exact) / exact, evaluations };
}

describe("dpmAdaptive", () => {
  test.each([2, 3])(
    "dpmAdaptive() of order %i keeps its error within the tolerance, at fewer steps for a larger one",
    async (order) => {
      const [loose, middle, tight] = [await run(0.1, order), await run(0.01, order), await run(0.001, order)];
      expect(loose.error).toBeLessThan(0.1);
      expect(middle.error).toBeLessThan(0.01);
      expect(tight.error).toBeLessThan(0.001);
      expect(loose.evaluations).toBeLessThan(middle.evaluations);
      expect(middle.evaluations).toBeLessThan(tight.evaluations);
    },
  );

  it("dpmAdaptive() throws when the order is another than 2 or 3", async () => {
    await expect(dpmAdaptive(gaussian, Float32Array.of(1), [5, 1], { ...quiet, order: 4 })).rejects.toThrow(
      "Cannot run dpm_adaptive: order 4 (2 or 3 is wanted)",
    );
  });
});
