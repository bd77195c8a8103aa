// DPM-Solver++(2S) under CFG++: H. Chung et al., arXiv 2406.08070, appendix; the inner point is the unconditional solver's, the step's end
// is the guided estimate there, noised along the unconditional one's direction. Without guidance it is dpmpp_2s_ancestral.
import { lincomb } from "../../tensor/lincomb.ts";
import { ancestralStep } from "./ancestral.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 2, two evaluations per step; SDE, an ODE at η = 0. */
export async function dpmpp2sAncestralCfgPp(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { noise, onStep, eta = 1, sNoise = 1, unconditional }: OptionsWith<"eta" | "sNoise" | "unconditional">,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    const uncond = unconditional?.() ?? denoised;
    await onStep?.({ step: i, steps, sigma, x, denoised });
    const { down, up } = ancestralStep(sigma, next, eta);
    if (down === 0) {
      x = denoised;
    } else {
      const middle = Math.sqrt(sigma * down);
      const xMiddle = lincomb([middle / sigma, x], [1 - middle / sigma, uncond]);
      const denoisedMiddle = await denoise(xMiddle, middle);
      const uncondMiddle = unconditional?.() ?? denoisedMiddle;
      x = lincomb([1, denoisedMiddle], [-down / sigma, uncondMiddle], [down / sigma, x]);
    }
    if (next > 0 && eta > 0) x = lincomb([1, x], [sNoise * up, noise(sigma, next)]);
  }
  return x;
}
