// DPM-Solver++ of second order with its midpoint, to σ_down, then noise back up: C. Lu et al., arXiv 2211.01095, algorithm 1; ancestral
// form: Crowson, k-diffusion.
import { lincomb } from "../../tensor/lincomb.ts";
import { ancestralStep } from "./ancestral.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 2, two evaluations per step; SDE, an ODE at η = 0. */
export async function dpmpp2sAncestral(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { noise, onStep, eta = 1, sNoise = 1 }: OptionsWith<"eta" | "sNoise">,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    const { down, up } = ancestralStep(sigma, next, eta);
    if (down === 0) {
      x = denoised;
    } else {
      const middle = Math.sqrt(sigma * down);
      const xMiddle = lincomb([middle / sigma, x], [1 - middle / sigma, denoised]);
      const denoisedMiddle = await denoise(xMiddle, middle);
      x = lincomb([down / sigma, x], [1 - down / sigma, denoisedMiddle]);
    }
    if (next > 0 && eta > 0) x = lincomb([1, x], [sNoise * up, noise(sigma, next)]);
  }
  return x;
}
