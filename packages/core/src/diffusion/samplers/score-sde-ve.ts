// Predictor–corrector sampling: Langevin steps at a level, then a step of the reverse SDE to the next. Y. Song et al., arXiv 2011.13456,
// algorithms 2 and 4 (variance-exploding), with the score (D − x)/σ².
import { lincomb } from "../../tensor/lincomb.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 1, one evaluation per step and one for each corrector step; SDE. The last step adds no noise. */
export async function scoreSdeVe(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { noise, onStep, snr = 0.15, correctorSteps = 1 }: OptionsWith<"snr" | "correctorSteps">,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    let denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    for (let k = 0; k < correctorSteps; k++) {
      const score = lincomb([1 / sigma ** 2, denoised], [-1 / sigma ** 2, x]);
      const draw = noise();
      const size = norm(score) > 0 ? 2 * (snr * (norm(draw) / norm(score))) ** 2 : 0;
      x = lincomb([1, x], [size, score], [Math.sqrt(2 * size), draw]);
      denoised = await denoise(x, sigma);
    }
    const share = 1 - (next / sigma) ** 2; // (σ² − σ'²)·score = share·(D − x)
    x = lincomb([1 - share, x], [share, denoised]);
    if (next > 0) x = lincomb([1, x], [Math.sqrt(sigma ** 2 - next ** 2), noise(sigma, next)]);
  }
  return x;
}

const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
