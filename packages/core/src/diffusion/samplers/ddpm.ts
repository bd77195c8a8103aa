// Ancestral sampling of the reverse diffusion: J. Ho et al., arXiv 2006.11239, eq. 6–7; learned variances: arXiv 2102.09672, eq. 15.
// With α_t = ᾱ/ᾱ' the posterior mean √ᾱ'β/(1−ᾱ)·x₀ + √α_t(1−ᾱ')/(1−ᾱ)·x_t becomes, divided by √ᾱ', (1 − σ'²/σ²)·x₀ + (σ'²/σ²)·x.
import { lincomb } from "../../tensor/lincomb.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 1, one evaluation per step; SDE. */
export async function ddpm(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  {
    noise,
    onStep,
    variance = "small",
    predictedVariance,
    noiseAtEnd = false,
  }: OptionsWith<"variance" | "predictedVariance" | "noiseAtEnd">,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    const ratio = (next / sigma) ** 2;
    const mean = lincomb([ratio, x], [1 - ratio, denoised]);
    if (i === steps - 1 && !noiseAtEnd) return mean;
    const std = standardDeviations[variance](posterior(sigma, next), predictedVariance);
    const scale = Math.hypot(1, next); // back from the variance-preserving form
    const draw = noise();
    x = mean.map((value, k) => value + scale * std(k) * draw[k]);
  }
  return x;
}

/** The two bounds of the reverse variance, in the variance-preserving form. */
interface Posterior {
  /** β̃ = β(1−ᾱ')/(1−ᾱ), right for data at one point; kept above 0 as its logarithm is taken. */
  readonly small: number;
  /** β = 1 − ᾱ/ᾱ', right for data that is itself N(0, 1). */
  readonly large: number;
}

function posterior(sigma: number, next: number): Posterior {
  const beta = (sigma ** 2 - next ** 2) / (1 + sigma ** 2);
  const small = (beta * next ** 2 * (1 + sigma ** 2)) / (sigma ** 2 * (1 + next ** 2));
  return { small: Math.max(small, 1e-20), large: beta };
}

// Each variance type: the standard deviation of element k.
const standardDeviations = {
  small: ({ small }: Posterior) => constant(Math.sqrt(small)),
  large: ({ large }: Posterior) => constant(Math.sqrt(large)),
  learned: (_: Posterior, predicted?: () => Float32Array) => {
    const variance = required(predicted);
    return (k: number) => Math.sqrt(variance[k]);
  },
  // The channels go from −1 (log β̃) to 1 (log β).
  learned_range: ({ small, large }: Posterior, predicted?: () => Float32Array) => {
    const fraction = required(predicted);
    const [low, high] = [Math.log(small), Math.log(large)];
    return (k: number) => Math.exp((low + ((fraction[k] + 1) / 2) * (high - low)) / 2);
  },
};

const constant = (value: number) => () => value;

function required(predicted: (() => Float32Array) | undefined): Float32Array {
  if (!predicted) throw new TypeError("Cannot sample with a learned variance: predictedVariance is missing");
  return predicted();
}
