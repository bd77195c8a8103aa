// Inpainting with any model: what the mask keeps is put back at every step, noised to the step's level, so that what is
// painted comes to fit it (diffusers' pipelines for 4-channel models; blended latent diffusion, arXiv 2206.02779).

import { noised } from "../diffusion/noise.ts";

/** The part of a picture that is known. */
export interface KnownRegion {
  /** Its latents x₀ [1,C,h,w], flat. */
  readonly latents: Float32Array;
  /** The noise it is put back under: that of the run's start. */
  readonly noise: Float32Array;
  /** Weight of what is painted, at each place [h,w]: 1 paints, 0 keeps. */
  readonly mask: Float32Array;
  /** What is mixed: x and the noised picture (diffusers), the estimate and the picture (A1111), or both (ComfyUI). */
  readonly blending: "noised" | "denoised" | "both";
  /** The mask's values are strengths: each place is painted from the step on that its strength leaves it (arXiv 2306.00950). */
  readonly soft: boolean;
}

/** Where a run puts the known region back; each function overwrites its first argument. */
export interface KeepKnown {
  beforeEvaluation(x: Float32Array, sigma: number): void;
  afterEvaluation(denoised: Float32Array): void;
  atEnd(latents: Float32Array, sigma: number): void;
}

/** Keeps `known` along a run over `sigmas`. */
export function keepKnown({ latents, noise, mask, blending, soft }: KnownRegion, sigmas: readonly number[]): KeepKnown {
  const steps = sigmas.length - 1;
  // Differential diffusion, algorithm 1: a place of strength μ is kept while 1 − μ is more than the part of the steps done.
  const freeAt = (sigma: number): Float32Array => {
    const step = Math.max(
      sigmas.findLastIndex((level) => level >= sigma),
      0,
    );
    return mask.map((strength) => (1 - strength > step / steps ? 0 : 1));
  };
  let started = false;
  return {
    beforeEvaluation(x, sigma) {
      // The start is as the caller made it: pure noise, where all is painted.
      const isFirst = !started;
      started = true;
      if (isFirst || blending === "denoised") return;
      mix(x, noised(latents, noise, sigma), soft ? freeAt(sigma) : mask);
    },
    afterEvaluation(denoised) {
      if (blending !== "noised") mix(denoised, latents, mask);
    },
    atEnd(result, sigma) {
      const kept = sigma === 0 ? latents : noised(latents, noise, sigma);
      mix(result, kept, soft ? mask.map((strength) => (strength > 0 ? 1 : 0)) : mask);
    },
  };
}

/** mask·x + (1 − mask)·kept into x, for every channel. */
function mix(x: Float32Array, kept: Float32Array, mask: Float32Array): void {
  for (let i = 0; i < x.length; i++) {
    const weight = mask[i % mask.length];
    x[i] = Math.fround((1 - weight) * kept[i]) + Math.fround(weight * x[i]);
  }
}
