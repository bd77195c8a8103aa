// What a network predicts, and how that gives the denoised estimate in σ-space:
//   D(x, σ) = c_skip·x + c_out·f(c_in·x, t)
// Variance-preserving networks see c_in = 1/√(1+σ²). eps: f = ε. v (arXiv 2202.00512): f = √ᾱ·ε − √(1−ᾱ)·x₀. sample: f = x₀.
// Others bring a preconditioning of their own. Form of arXiv 2206.00364, table 1.
import { lincomb } from "../tensor/lincomb.ts";

const f32 = Math.fround;

/** What a network of the variance-preserving form predicts, by the names published configs use. */
export type Prediction = keyof typeof scalings;

/** EDM's preconditioning (arXiv 2206.00364, table 1) for data of standard deviation sigmaData; `sign` −1 is its v-prediction form. */
export interface EdmPrediction {
  readonly kind: "edm";
  readonly sigmaData: number;
  readonly sign: 1 | -1;
}

/** The score ∇log p(x; σ) = (D − x)/σ² of an unscaled x (arXiv 2011.13456). */
export interface ScorePrediction {
  readonly kind: "score";
}

/** What a network predicts. */
export type Parameterization = Prediction | EdmPrediction | ScorePrediction;

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

/** The coefficients of D(x, σ). */
export function scalingOf(parameterization: Parameterization, sigma: number): Scaling {
  if (typeof parameterization === "string") return scalings[parameterization](sigma);
  if (parameterization.kind === "score") return { cSkip: 1, cOut: sigma ** 2 };
  const { sigmaData, sign } = parameterization;
  const norm = Math.hypot(sigma, sigmaData);
  return { cSkip: (sigmaData / norm) ** 2, cOut: (sign * sigma * sigmaData) / norm };
}

/** The network's input, c_in·x: σ-space to what the network was trained on. */
export function toInput(x: Float32Array, sigma: number, parameterization: Parameterization = "epsilon"): Float32Array {
  if (typeof parameterization !== "string" && parameterization.kind === "score") return x.slice();
  const sigmaData = typeof parameterization === "string" ? 1 : parameterization.sigmaData;
  const norm = f32(Math.sqrt(f32(f32(f32(sigma) ** 2) + sigmaData ** 2)));
  return x.map((value) => value / norm);
}

/** D(x, σ) from the network's output. */
export function toDenoised(
  parameterization: Parameterization,
  output: Float32Array,
  x: Float32Array,
  sigma: number,
): Float32Array {
  const { cSkip, cOut } = scalingOf(parameterization, sigma);
  return lincomb([cSkip, x], [cOut, output]);
}

/** The network's output from D(x, σ): the inverse of `toDenoised`. */
export function toOutput(
  parameterization: Parameterization,
  denoised: Float32Array,
  x: Float32Array,
  sigma: number,
): Float32Array {
  const { cSkip, cOut } = scalingOf(parameterization, sigma);
  return lincomb([1 / cOut, denoised], [-cSkip / cOut, x]);
}
