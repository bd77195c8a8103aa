// The forward process: clean data and noise → what a network sees or must predict.
import { lincomb } from "../tensor/lincomb.ts";

/** x₀ + σ·ε, the noised data in σ-space: where image-to-image starts. */
export function noised(x0: Float32Array, noise: Float32Array, sigma: number): Float32Array {
  return lincomb([1, x0], [sigma, noise]);
}

/** √ᾱ·x₀ + √(1−ᾱ)·ε, the variance-preserving form networks are trained on. */
export function diffused(x0: Float32Array, noise: Float32Array, alphaBar: number): Float32Array {
  return lincomb([Math.sqrt(alphaBar), x0], [Math.sqrt(1 - alphaBar), noise]);
}

/** v = √ᾱ·ε − √(1−ᾱ)·x₀, the target of v-prediction (arXiv 2202.00512). */
export function velocity(x0: Float32Array, noise: Float32Array, alphaBar: number): Float32Array {
  return lincomb([Math.sqrt(alphaBar), noise], [-Math.sqrt(1 - alphaBar), x0]);
}
