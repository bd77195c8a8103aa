// DDIM run backwards: from a picture to the noise that DDIM makes it from again (for edits that keep its composition). J. Song et al.,
// arXiv 2010.02502, §4.3; P. Dhariwal and A. Nichol, arXiv 2105.05233, appendix F. The step from σ up to σ' needs the noise predicted
// at σ'; x itself stands in for the sample there, so the network is told σ' while its output is read at σ.
import { lincomb, scaled } from "../../tensor/lincomb.ts";
import { toDenoised, toOutput } from "../parameterization.ts";
import { slope } from "./move.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 1, one evaluation per step, at its end; the levels rise, and the first may be 0. */
export async function ddimInverse(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { onStep, prediction = "epsilon", clip, targets = sigmas.slice(1) }: OptionsWith<"prediction" | "clip" | "targets">,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  for (let i = 0; i < steps; i++) {
    const [sigma, target, next] = [sigmas[i], targets[i], sigmas[i + 1]];
    const input = scaled(x, Math.hypot(1, target) / Math.hypot(1, sigma)); // the same in variance-preserving form
    const denoised = await denoise(input, target);
    await onStep?.({ step: i, steps, sigma: target, x: input, denoised });
    const output = toOutput(prediction, denoised, input, target);
    const x0 = toDenoised(prediction, output, x, sigma);
    const eps = sigma > 0 ? slope(x, x0, sigma) : output; // ε and v are one at σ = 0
    x = lincomb([1, clip ? clip(x0) : x0], [target, eps]);
    // A target off the grid is read as the grid's level: the variance-preserving value stays.
    if (target !== next) x = scaled(x, Math.hypot(1, next) / Math.hypot(1, target));
  }
  return x;
}
