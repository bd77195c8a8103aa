// Euler steps down to σ_down, then noise back up to σ'. At η = 1 it is DDPM's posterior sampling (arXiv 2006.11239, eq. 7) and
// SDE-DPM-Solver++ of order 1.
import { lincomb } from "../../tensor/lincomb.ts";
import { ancestralStep } from "./ancestral.ts";
import { moved } from "./move.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 1, one evaluation per step; SDE, an ODE at η = 0. */
export async function eulerAncestral(
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
    x = moved(x, denoised, sigma, down);
    if (next > 0) x = lincomb([1, x], [sNoise * up, noise(sigma, next)]);
  }
  return x;
}
