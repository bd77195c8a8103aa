import { describe, expect, test } from "vitest";
import { sigmasExponential } from "../schedules/exponential.ts";
import { erSde } from "./er-sde.ts";
import type { Denoise } from "./types.ts";

const s = 0.7;
const gaussian: Denoise = async (x, sigma) => x.map((value) => (value * s ** 2) / (s ** 2 + sigma ** 2));

// Without its noise, x follows dx/dσ = (log φ)'·(x − D), so log x = ∫ σ²/(s² + σ²) d log φ; by the trapezoidal rule.
function exactFactor(high: number, low: number): number {
  const logPhi = (sigma: number) => Math.log(sigma * (Math.exp(sigma ** 0.3) + 10));
  const levels = sigmasExponential(20_001, { sigmaMin: low, sigmaMax: high });
  const share = (sigma: number) => sigma ** 2 / (s ** 2 + sigma ** 2);
  return Math.exp(
    levels
      .slice(1)
      .reduce(
        (sum, sigma, i) => sum + ((share(levels[i]) + share(sigma)) / 2) * (logPhi(sigma) - logPhi(levels[i])),
        0,
      ),
  );
}

describe("erSde", () => {
  test.each([
    [1, 1, 4e-2],
    [2, 2, 3e-3],
    [3, 2, 3e-3], // at least: its warm-up is of lower order
  ])("erSde() of order %i converges at order %i in its mean", async (order, expected, largest) => {
    const exact = exactFactor(5, 0.2);
    const errors = [];
    for (const steps of [12, 24]) {
      const sigmas = sigmasExponential(steps + 1, { sigmaMin: 0.2, sigmaMax: 5 });
      const [x] = await erSde(gaussian, Float32Array.of(1), sigmas, {
        noise: () => new Float32Array(1),
        order,
        sNoise: 0,
      });
      errors.push(Math.abs(x / exact - 1));
    }
    expect(errors[1]).toBeLessThan(largest);
    expect(Math.log2(errors[0] / errors[1])).toBeGreaterThanOrEqual(expected - 0.35);
  });
});
