// What a network predicts, and how that gives the denoised estimate in σ-space:
//   D(x, σ) = c_skip·x + c_out·f(c_in·x, t),   c_in = 1/√(1+σ²)
// eps: f = ε. v (arXiv 2202.00512): f = √ᾱ·ε − √(1−ᾱ)·x₀. sample: f = x₀. Form of arXiv 2206.00364, table 1.
import { lincomb } from "../tensor/lincomb.ts";

const f32 = Math.fround;

/** What a network predicts, by the names published configs use. */
export type Prediction = keyof typeof scalings;

/** The coefficients of D at one noise level. */
export interface Scaling {
  readonly cSkip: number;
  readonly cOut: number;
}

/** Coefficients by prediction type and σ. */
export const scalings = {
  epsilon: (sigma: number): Scaling => ({ cSkip: 1, cOut: -sigma }),
  v_prediction: (sigma: number): Scaling => ({ cSkip: 1 / (sigma ** 2 + 1), cOut: -sigma / Math.hypot(sigma, 1) }),
  sample: (): Scaling => ({ cSkip: 0, cOut: 1 }),
} satisfies Record<string, (sigma: number) => Scaling>;

/** The network's input, c_in·x: σ-space to variance-preserving. */
export function toInput(x: Float32Array, sigma: number): Float32Array {
  const norm = f32(Math.sqrt(f32(f32(f32(sigma) ** 2) + 1)));
  return x.map((value) => value / norm);
}

/** D(x, σ) from the network's output. */
export function toDenoised(prediction: Prediction, output: Float32Array, x: Float32Array, sigma: number): Float32Array {
  const { cSkip, cOut } = scalings[prediction](sigma);
  return lincomb([cSkip, x], [cOut, output]);
}

/** The network's output from D(x, σ): the inverse of `toDenoised`. */
export function toOutput(prediction: Prediction, denoised: Float32Array, x: Float32Array, sigma: number): Float32Array {
  const { cSkip, cOut } = scalings[prediction](sigma);
  return lincomb([1 / cOut, denoised], [-cSkip / cOut, x]);
}
