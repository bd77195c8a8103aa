// DDIM: J. Song et al., arXiv 2010.02502, eq. 12 and 16. Divided by √ᾱ', x' = √ᾱ'x₀ + √(1−ᾱ'−s²)·ε + s·n is D + σ_down·ε + σ_up·n.
import { lincomb, scaled } from "../../tensor/lincomb.ts";
import { ancestralStep } from "./ancestral.ts";
import { slope } from "./move.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 1, one evaluation per step; an ODE at η = 0, the reverse SDE at η = 1. */
export async function ddim(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { noise, onStep, eta = 0, clip, targets = sigmas.slice(1) }: OptionsWith<"eta" | "clip" | "targets">,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  for (let i = 0; i < steps; i++) {
    const [sigma, target, next] = [sigmas[i], targets[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    const eps = slope(x, denoised, sigma);
    const x0 = clip ? clip(denoised) : denoised;
    const { down, up } = ancestralStep(sigma, target, eta);
    x = lincomb([1, x0], [down, eps]);
    if (eta > 0) x = lincomb([1, x], [up, noise()]);
    // A target off the grid is read as the grid's level: the variance-preserving value stays.
    if (target !== next) x = scaled(x, Math.hypot(1, next) / Math.hypot(1, target));
  }
  return x;
}
