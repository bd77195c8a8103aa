// The straight move of all the methods: along d = (x − D)/σ to another noise level.
import { lincomb } from "../../tensor/lincomb.ts";

/** x + (to − σ)·d, written (to/σ)·x + (1 − to/σ)·D: exact at to = 0 and free of cancellation at large σ. */
export function moved(x: Float32Array, denoised: Float32Array, sigma: number, to: number): Float32Array {
  return lincomb([to / sigma, x], [1 - to / sigma, denoised]);
}

/** d = (x − D)/σ, the slope dx/dσ of the probability flow ODE: the predicted noise. */
export function slope(x: Float32Array, denoised: Float32Array, sigma: number): Float32Array {
  return lincomb([1 / sigma, x], [-1 / sigma, denoised]);
}
