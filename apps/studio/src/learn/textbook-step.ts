// A sampler's step in the form of the textbooks.

import { timestepAt } from "@noisette/core/diffusion/discretization";
import type { Discretization } from "@noisette/core/diffusion/discretization";
import { velocity } from "@noisette/core/diffusion/noise";
import type { StepTrace } from "@noisette/core/pipelines/events";
import { lincomb, scaled } from "@noisette/core/tensor/lincomb";
import { tensor } from "@noisette/core/tensor/tensor";
import type { Tensor } from "@noisette/core/tensor/tensor";

/** One step: x = √ᾱ·x₀ + √(1−ᾱ)·ε, all in latents [1,C,h,w]. */
export interface TextbookStep {
  readonly t: number;
  readonly alphaBar: number;
  readonly x: Tensor;
  readonly denoised: Tensor;
  readonly noise: Tensor;
  readonly velocity: Tensor;
}

/** A step of the sampler, x = x₀ + σ·ε, in the variance-preserving form. */
export function textbookStep({ x, denoised }: StepTrace, sigma: number, discretization: Discretization): TextbookStep {
  const alphaBar = 1 / (1 + sigma ** 2);
  // ε̂ = (x − x̂₀)/σ.
  const noise = lincomb([1 / sigma, x.data], [-1 / sigma, denoised.data]);
  return {
    t: Math.round(timestepAt(discretization, sigma)),
    alphaBar,
    x: tensor(x.dims, scaled(x.data, Math.sqrt(alphaBar))),
    denoised,
    noise: tensor(x.dims, noise),
    velocity: tensor(x.dims, velocity(denoised.data, noise, alphaBar)),
  };
}
