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
    const next = sigmas[i + 1];
    const [xHat, sigmaHat] = churned(x, sigmas[i], steps, options);
    const denoised = await denoise(xHat, sigmaHat);
    await options.onStep?.({ step: i, steps, sigma: sigmas[i], x: xHat, denoised });
    const end = moved(xHat, denoised, sigmaHat, next);
    if (next === 0) {
      x = end;
      continue;
    }
    const denoisedEnd = await denoise(end, next);
    const mean = lincomb([1 / 2, slope(xHat, denoised, sigmaHat)], [1 / 2, slope(end, denoisedEnd, next)]);
    x = along(xHat, mean, next - sigmaHat);
  }
  return x;
}
