// Multistep exponential integrators of second order under CFG++: H. Chung et al., arXiv 2406.08070, appendix, with r = h₋₁/h:
//   x' = D + σ'/σ·(x − D_u) + c/r·(D − D_u,₋₁)
// c = (1 − e^(−h))/2 is DPM-Solver++(2M), c = 1 + (e^(−h) − 1)/h (φ₂) the refined exponential solver. Without guidance they are those.
import { lincomb } from "../../tensor/lincomb.ts";
import { ancestralStep } from "./ancestral.ts";
import { phi1, phi2 } from "./exponential-step.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 2, one evaluation per step; an ODE at η = 0, SDE above. */
export async function dpmpp2mCfgPp(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  options: OptionsWith<"eta" | "sNoise" | "solverType" | "unconditional">,
): Promise<Float32Array> {
  const { noise, onStep, eta = 0, sNoise = 1, solverType = "midpoint", unconditional } = options;
  const steps = sigmas.length - 1;
  let previous: { uncond: Float32Array; h: number } | undefined;
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    const uncond = unconditional?.() ?? denoised;
    await onStep?.({ step: i, steps, sigma, x, denoised });
    const { down, up } = ancestralStep(sigma, next, eta);
    const step = lincomb([1, denoised], [down / sigma, x], [-down / sigma, uncond]);
    const h = Math.log(sigma / down);
    if (previous && down > 0) {
      const weight = ((solverType === "midpoint" ? phi1(h) / 2 : phi2(h)) * h) / previous.h;
      x = lincomb([1, step], [weight, denoised], [-weight, previous.uncond]);
    } else {
      x = step;
    }
    if (next > 0 && eta > 0) x = lincomb([1, x], [sNoise * up, noise(sigma, next)]);
    previous = { uncond, h };
  }
  return x;
}
