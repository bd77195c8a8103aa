// Heun's method: an Euler step corrected by the slope at its end. T. Karras et al., arXiv 2206.00364, algorithm 2.
import { lincomb } from "../../tensor/lincomb.ts";
import { type ChurnOptions, churned } from "./churn.ts";
import { along, moved, slope } from "./move.ts";
import type { Denoise } from "./types.ts";

/** Order 2, two evaluations per step (one where σ' = 0). */
export async function heun(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  options: ChurnOptions,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  for (let i = 0; i < steps; i++) {
    const [xHat, sigmaHat] = churned(x, sigmas[i], steps, options);
    const denoised = await denoise(xHat, sigmaHat);
    await options.onStep?.({ step: i, steps, sigma: sigmas[i], x: xHat, denoised });
    x = await heunStep(denoise, { x: xHat, denoised, sigma: sigmaHat, next: sigmas[i + 1] });
  }
  return x;
}

interface Step {
  readonly x: Float32Array;
  /** D(x, sigma). */
  readonly denoised: Float32Array;
  readonly sigma: number;
  readonly next: number;
}

/** One step, whose first evaluation is made already. */
export async function heunStep(denoise: Denoise, { x, denoised, sigma, next }: Step): Promise<Float32Array> {
  const end = moved(x, denoised, sigma, next);
  if (next === 0) return end;
  const denoisedEnd = await denoise(end, next);
  const mean = lincomb([1 / 2, slope(x, denoised, sigma)], [1 / 2, slope(end, denoisedEnd, next)]);
  return along(x, mean, next - sigma);
}
