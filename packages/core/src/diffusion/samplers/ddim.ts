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
  options: OptionsWith<"eta" | "clip" | "targets">,
): Promise<Float32Array> {
  const { onStep, targets = sigmas.slice(1) } = options;
  const steps = sigmas.length - 1;
  for (let i = 0; i < steps; i++) {
    const [sigma, target, next] = [sigmas[i], targets[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    x = ddimStep({ x, denoised, sigma, next: target }, options);
    // A target off the grid is read as the grid's level: the variance-preserving value stays.
    if (target !== next) x = scaled(x, Math.hypot(1, next) / Math.hypot(1, target));
  }
  return x;
}

interface Step {
  readonly x: Float32Array;
  /** D(x, sigma). */
  readonly denoised: Float32Array;
  readonly sigma: number;
  readonly next: number;
}

/** One step. `clip` limits the estimate of x₀, but not the noise it goes with. */
export function ddimStep(
  { x, denoised, sigma, next }: Step,
  { noise, eta = 0, clip }: OptionsWith<"eta" | "clip">,
): Float32Array {
  const eps = slope(x, denoised, sigma);
  const { down, up } = ancestralStep(sigma, next, eta);
  const moved = lincomb([1, clip ? clip(denoised) : denoised], [down, eps]);
  return eta > 0 ? lincomb([1, moved], [up, noise(sigma, next)]) : moved;
}
