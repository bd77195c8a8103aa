// Restart sampling: once below a low level, noise is added to come back to a high one, and the levels between are gone through again.
// Fresh noise at the top undoes errors made so far, while the way down stays an ODE. Y. Xu et al., arXiv 2306.14878, algorithm 1, with
// Heun's method, over the run's own levels.
import { lincomb } from "../../tensor/lincomb.ts";
import { heunStep } from "./heun.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 2, two evaluations per step, and those of the levels gone through again; SDE, an ODE without restarts. */
export async function restart(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  options: OptionsWith<"restarts" | "restartMin" | "restartMax" | "sNoise">,
): Promise<Float32Array> {
  const { noise, onStep, restarts = 1, restartMin = 0.1, restartMax = 2, sNoise = 1 } = options;
  // The first level at or below restartMin, and the last at or above restartMax.
  const low = sigmas.findIndex((sigma) => sigma > 0 && sigma <= restartMin);
  const high = sigmas.findLastIndex((sigma) => sigma >= restartMax);
  const again = low > high && high >= 0 ? low - high : 0;
  const steps = sigmas.length - 1 + restarts * again;
  let left = again > 0 ? restarts : 0;
  let i = 0;
  for (let step = 0; step < steps; step++, i++) {
    if (i === low && left > 0) {
      left--;
      i = high;
      x = lincomb([1, x], [sNoise * Math.sqrt(sigmas[high] ** 2 - sigmas[low] ** 2), noise(sigmas[low], sigmas[high])]);
    }
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    await onStep?.({ step, steps, sigma, x, denoised });
    x = await heunStep(denoise, { x, denoised, sigma, next });
  }
  return x;
}
