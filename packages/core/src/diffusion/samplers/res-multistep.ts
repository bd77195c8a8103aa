// The refined exponential solver, multistep: Q. Zhang, J. Song and Y. Chen, arXiv 2308.02157. Over h in λ = −log σ, with c₂ = −h₋₁/h:
//   x' = e^(−h)·x + h·(b₁·D + b₂·D₋₁),   b₂ = φ₂(−h)/c₂,  b₁ = φ₁(−h) − b₂
// Ancestral: the same to σ_down (h and h₋₁ are the steps down), then noise. At η = 0 it is DPM-Solver++(2M) with exact weights (dpmpp_2m, solverType "heun").
import { lincomb } from "../../tensor/lincomb.ts";
import { ancestralStep } from "./ancestral.ts";
import { phi1, phi2 } from "./exponential-step.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 2, one evaluation per step; an ODE at η = 0, SDE above. */
export async function resMultistep(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { noise, onStep, eta = 0, sNoise = 1 }: OptionsWith<"eta" | "sNoise">,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  let previous: { denoised: Float32Array; h: number } | undefined;
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    const { down, up } = ancestralStep(sigma, next, eta);
    const h = Math.log(sigma / down);
    if (previous && down > 0) {
      const b2 = (-phi2(h) * h) / previous.h;
      x = lincomb([down / sigma, x], [phi1(h) - b2, denoised], [b2, previous.denoised]);
    } else {
      x = lincomb([down / sigma, x], [1 - down / sigma, denoised]);
    }
    if (next > 0 && eta > 0) x = lincomb([1, x], [sNoise * up, noise(sigma, next)]);
    previous = { denoised, h };
  }
  return x;
}
