// DPM-Solver-2 (C. Lu et al., arXiv 2206.00927, algorithm 1) in k-diffusion's form: the slope at the midpoint in log σ carries the
// whole step. The ancestral variant steps down to σ_down and adds noise.
import { lincomb } from "../../tensor/lincomb.ts";
import { ancestralStep } from "./ancestral.ts";
import { type ChurnOptions, churned } from "./churn.ts";
import { along, moved, slope } from "./move.ts";
import type { Denoise, OptionsWith } from "./types.ts";

const f32 = Math.fround;

/** Order 2, two evaluations per step (one where σ' = 0). */
export async function dpm2(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  options: ChurnOptions,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  for (let i = 0; i < steps; i++) {
    const [xHat, sigmaHat] = churned(x, sigmas[i], steps, options);
    const denoised = await denoise(xHat, sigmaHat);
    await options.onStep?.({ step: i, steps, sigma: sigmas[i], x: xHat, denoised });
    x = await midpointStep(denoise, xHat, denoised, sigmaHat, sigmas[i + 1]);
  }
  return x;
}

/** Order 2, two evaluations per step; SDE, an ODE at η = 0. */
export async function dpm2Ancestral(
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
    x = await midpointStep(denoise, x, denoised, sigma, down);
    if (next > 0) x = lincomb([1, x], [sNoise * up, noise(sigma, next)]);
  }
  return x;
}

async function midpointStep(
  denoise: Denoise,
  x: Float32Array,
  denoised: Float32Array,
  sigma: number,
  to: number,
): Promise<Float32Array> {
  if (to === 0) return moved(x, denoised, sigma, 0);
  // Halfway in log σ. The mean is float32's, like the references'; the result is not rounded, so that it never equals a level of the
  // schedule by chance (whose timestep may have been rounded).
  const middle = Math.exp(f32(f32(Math.log(sigma)) + f32(f32(Math.log(to)) - f32(Math.log(sigma))) / 2));
  const xMiddle = moved(x, denoised, sigma, middle);
  const denoisedMiddle = await denoise(xMiddle, middle);
  return along(x, slope(xMiddle, denoisedMiddle, middle), to - f32(sigma));
}
