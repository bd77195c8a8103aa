// Likelihoods of a Gaussian, whose best denoiser and entropy are known.

import { expect, it } from "vitest";
import { alphasCumprod, betas } from "../diffusion/betas.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { bitsPerDimension, dequantize, flowLogLikelihood } from "./flow-likelihood.ts";
import { variationalBound } from "./variational-bound.ts";

const [mean, deviation] = [0.1, 0.25];
const dims = [8, 1, 16, 16];
const width = 256;
/** Levels of 8 bits drawn from N(mean, deviation²), as values in [-1,1]. */
const levels = new TorchGenerator(5)
  .normal(8 * width, mean, deviation)
  .map((value) => (2 * Math.min(Math.max(Math.round((value + 1) * 127.5), 0), 255)) / 255 - 1);
/** Of the sample itself, in bits: −mean log₂ of its own density, plus log₂ of 127.5 levels a unit. */
const entropy =
  levels.reduce((sum, x) => sum + 0.5 * ((x - mean) / deviation) ** 2, 0) / levels.length / Math.LN2 +
  0.5 * Math.log2(2 * Math.PI * deviation ** 2) +
  Math.log2(127.5);
/** E[x₀ | a·x₀ + b·ε]. */
const denoiser = (a: number, b: number) => (x: number) =>
  mean + ((a * deviation ** 2) / ((a * deviation) ** 2 + b ** 2)) * (x - a * mean);

it.each([
  ["fixed_large", 0.25],
  ["fixed_small", 1], // β̃ is too narrow for data that is no single point, most of all in the last steps
] as const)(
  "variationalBound() with %s variance is just above the entropy when the denoiser is the best",
  async (variance, gap) => {
    const beta = betas({ schedule: "linear", start: 1e-4, end: 0.02 });
    const alphaBar = alphasCumprod(beta);
    const best = await variationalBound(
      { dims, data: levels },
      {
        betas: beta,
        variance,
        denoise: async ({ data }, t) => data.map(denoiser(Math.sqrt(alphaBar[t]), Math.sqrt(1 - alphaBar[t]))),
      },
    );
    expect(best.total).toBeGreaterThan(entropy - 0.02);
    expect(best.total).toBeLessThan(entropy + gap);
    expect(best.prior + best.reconstruction + best.steps.reduce((a, b) => a + b)).toBeCloseTo(best.total, 9);
    expect(best.prior).toBeLessThan(1e-3);
  },
);

it("flowLogLikelihood() is the Gaussian's log density", async () => {
  const x = { dims, data: levels };
  const options = { sigmaMin: 1e-3, sigmaMax: 80, steps: 256 };
  const logLikelihood = await flowLogLikelihood(x, {
    ...options,
    async denoise({ data }, sigma, probe) {
      const slope = deviation ** 2 / (deviation ** 2 + sigma ** 2);
      return { denoised: data.map(denoiser(1, sigma)), product: probe.map((value) => value * slope) };
    },
  });
  for (let n = 0; n < 8; n++) {
    const squares = levels.slice(n * width, (n + 1) * width).reduce((sum, v) => sum + (v - mean) ** 2, 0);
    const exact = -squares / (2 * deviation ** 2) - (width / 2) * Math.log(2 * Math.PI * deviation ** 2);
    expect(Math.abs(logLikelihood[n] - exact) / width).toBeLessThan(2e-3);
  }
  expect(bitsPerDimension(logLikelihood, width)).toBeCloseTo(entropy, 2);
});

it("dequantize() moves each value by less than half a level", () => {
  const moved = dequantize({ dims, data: levels }, 3).data.map((value, i) => (value - levels[i]) * 127.5);
  expect(Math.max(...moved.map(Math.abs))).toBeLessThanOrEqual(0.5001);
  expect(moved.reduce((sum, value) => sum + value ** 2, 0) / moved.length).toBeCloseTo(1 / 12, 2);
});
