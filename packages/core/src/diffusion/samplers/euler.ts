// Euler's method on the probability flow ODE, with optional churn: arXiv 2206.00364, algorithm 2 without its correction.
// Without churn it is DDIM (arXiv 2010.02502) at η = 0 and DPM-Solver++ of order 1.
import { toDenoised, toOutput } from "../parameterization.ts";
import { type ChurnOptions, churned } from "./churn.ts";
import { moved } from "./move.ts";
import type { Denoise } from "./types.ts";

/** Order 1, one evaluation per step. */
export async function euler(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  options: ChurnOptions,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    if (options.churnAfter) {
      const early = await denoise(x, sigma);
      await options.onStep?.({ step: i, steps, sigma, x, denoised: early });
      // The network saw x, the step starts from x̂: its output is reused there. Only v is still read at σ.
      const [xHat, sigmaHat] = churned(x, sigma, steps, options);
      const output = toOutput(options.churnAfter, early, x, sigma);
      const denoised = toDenoised(
        options.churnAfter,
        output,
        xHat,
        options.churnAfter === "v_prediction" ? sigma : sigmaHat,
      );
      x = moved(xHat, denoised, sigmaHat, next);
    } else {
      const [xHat, sigmaHat] = churned(x, sigma, steps, options);
      const denoised = await denoise(xHat, sigmaHat);
      await options.onStep?.({ step: i, steps, sigma, x: xHat, denoised });
      x = moved(xHat, denoised, sigmaHat, next);
    }
  }
  return x;
}
