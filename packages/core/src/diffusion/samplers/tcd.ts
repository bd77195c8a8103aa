// Trajectory consistency distillation, strategic stochastic sampling: each step goes below the level it is to reach, to s, and is noised
// up to it. J. Zheng et al., arXiv 2402.19159, algorithm 4 (γ is our η).
import { lincomb } from "../../tensor/lincomb.ts";
import { slope } from "./move.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** One evaluation per step; at η = 0 it is Euler's method, at η = 1 multistep consistency sampling. Needs a model distilled so. */
export async function tcd(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { noise, onStep, eta = 0.3, sNoise = 1, targets }: OptionsWith<"eta" | "sNoise" | "targets">,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const s = targets?.[i] ?? (1 - eta) * next;
    const denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    x = lincomb([1, denoised], [s, slope(x, denoised, sigma)]);
    if (eta > 0 && i < steps - 1) x = lincomb([1, x], [sNoise * Math.sqrt(next ** 2 - s ** 2), noise(sigma, next)]);
  }
  return x;
}
