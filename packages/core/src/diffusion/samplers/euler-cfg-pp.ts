// CFG++: a step goes to the guided estimate of the data, but is noised along the unconditional one's direction, which keeps x where the
// model knows it. H. Chung et al., arXiv 2406.08070, algorithm 2 (DDIM, which in σ-space is Euler's method): x' = D + σ_down·(x − D_u)/σ.
// Made for guidance scales of about 1 and less; without guidance, D_u = D, it is Euler's method, ancestral or not.
import { lincomb } from "../../tensor/lincomb.ts";
import { ancestralStep } from "./ancestral.ts";
import { slope } from "./move.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 1, one evaluation per step; an ODE at η = 0, SDE above. */
export async function eulerCfgPp(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { noise, onStep, eta = 0, sNoise = 1, unconditional }: OptionsWith<"eta" | "sNoise" | "unconditional">,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    const d = slope(x, unconditional?.() ?? denoised, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    const { down, up } = ancestralStep(sigma, next, eta);
    x = lincomb([1, denoised], [down, d]);
    if (next > 0 && eta > 0) x = lincomb([1, x], [sNoise * up, noise(sigma, next)]);
  }
  return x;
}
