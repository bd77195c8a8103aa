// A model's noise levels: the table σ_t of its T training timesteps and the maps between t and σ.
// Everything here lives in σ-space, x = x₀ + σ·ε, where σ_t = √((1−ᾱ_t)/ᾱ_t); the networks see x/√(1+σ²), the variance-preserving form.
// The maps interpolate log σ linearly in t (k-diffusion's DiscreteSchedule).
import { alphasCumprod } from "./betas.ts";

/** The noise levels a model was trained on, by timestep 0 … T−1. */
export interface Discretization {
  /** ᾱ_t, decreasing. */
  readonly alphasCumprod: Float32Array;
  /** σ_t, increasing. */
  readonly sigmas: Float32Array;
  /** σ_0. */
  readonly sigmaMin: number;
  /** σ_{T−1}. */
  readonly sigmaMax: number;
}

/** How the last level of zero terminal SNR is kept finite. */
export interface DiscretizeOptions {
  /** What an ᾱ of zero (zero terminal SNR) is replaced by, so that σ stays finite. */
  readonly alphaBarFloor?: number;
}

/** The discretization of `beta`. With zero terminal SNR the default floor gives σ = 10¹⁰: finite, and pure noise in float32. */
export function discretize(beta: Float32Array, { alphaBarFloor = 1e-20 }: DiscretizeOptions = {}): Discretization {
  const alphaBar = alphasCumprod(beta).map((value) => value || alphaBarFloor);
  const sigmas = alphaBar.map((value) => Math.sqrt(Math.fround(Math.fround(1 - value) / value)));
  return { alphasCumprod: alphaBar, sigmas, sigmaMin: sigmas[0], sigmaMax: sigmas[sigmas.length - 1] };
}

/** The discretization of noise levels that are given themselves, rising: for models that were not trained by betas. */
export function discretizationOfSigmas(levels: readonly number[]): Discretization {
  const sigmas = Float32Array.from(levels);
  const alphaBar = sigmas.map((sigma) => 1 / (1 + sigma ** 2));
  return { alphasCumprod: alphaBar, sigmas, sigmaMin: sigmas[0], sigmaMax: sigmas[sigmas.length - 1] };
}

/** σ at timestep `t` (any real; clamped to [0, T−1]), log σ being linear between the trained timesteps. */
export function sigmaAt({ sigmas }: Discretization, t: number): number {
  const [low, high, w] = between(sigmas, t);
  return w === 0 ? low : Math.exp((1 - w) * Math.log(low) + w * Math.log(high));
}

/** σ at timestep `t`, σ itself being linear between the trained timesteps: what diffusers' schedulers do. */
export function sigmaAtLinear({ sigmas }: Discretization, t: number): number {
  const [low, high, w] = between(sigmas, t);
  return low + w * (high - low);
}

/**
 * The timestep of noise level `sigma`: the inverse of `sigmaAt`, clamped to [0, T−1]. Exact on the trained levels, unless `tableLog`
 * takes the logarithms of the table in another precision.
 */
export function timestepAt(
  { sigmas }: Discretization,
  sigma: number,
  tableLog: (level: number) => number = Math.log,
): number {
  const logSigma = Math.log(sigma);
  let low = 0; // the last trained level ≤ σ, at most T−2
  for (let end = sigmas.length - 1; end - low > 1;) {
    const middle = (low + end) >> 1;
    if (tableLog(sigmas[middle]) <= logSigma) low = middle;
    else end = middle;
  }
  const [logLow, logHigh] = [tableLog(sigmas[low]), tableLog(sigmas[low + 1])];
  return low + Math.min(Math.max((logSigma - logLow) / (logHigh - logLow), 0), 1);
}

function between(table: Float32Array, t: number): [low: number, high: number, w: number] {
  const clamped = Math.min(Math.max(t, 0), table.length - 1);
  const low = Math.floor(clamped);
  return [table[low], table[Math.min(low + 1, table.length - 1)], clamped - low];
}
