// The denoising loss: the network sees x_t = √ᾱ·x₀ + √(1−ᾱ)·ε and is to predict ε, v = √ᾱ·ε − √(1−ᾱ)·x₀ or x₀
// (DDPM, arXiv 2006.11239, eq. 14; v: arXiv 2202.00512, appendix D), weighted by timestep (min-SNR-γ, arXiv 2303.09556).

import type { Prediction } from "../../diffusion/parameterization.ts";
import { add, multiply, subtract } from "../../graph/ops/elementwise.ts";
import { mean } from "../../graph/ops/reduce.ts";
import type { Value } from "../../graph/value.ts";

/** A batch of a denoising loss; alpha and sigma are √ᾱ and √(1−ᾱ), [N,1,1,1]. */
export interface NoisedBatch {
  /** Clean data [N,C,h,w]. */
  readonly clean: Value;
  /** ε, of the same shape. */
  readonly noise: Value;
  readonly alpha: Value;
  readonly sigma: Value;
}

/** x_t [N,C,h,w]. */
export const noisedSample = ({ clean, noise, alpha, sigma }: NoisedBatch): Value =>
  add(multiply(alpha, clean), multiply(sigma, noise));

/** What the network is to give for a batch, by what it predicts. */
export const predictionTargets: Readonly<Record<Prediction, (batch: NoisedBatch) => Value>> = {
  epsilon: ({ noise }) => noise,
  v_prediction: ({ clean, noise, alpha, sigma }) => subtract(multiply(alpha, noise), multiply(sigma, clean)),
  sample: ({ clean }) => clean,
};

/** The mean over the batch of weight [N] times the mean squared error of each example. */
export function denoisingLoss(predicted: Value, target: Value, weight: Value): Value {
  const error = subtract(predicted, target);
  return mean(multiply(weight, mean(multiply(error, error), { axes: [1, 2, 3] })));
}

/** SNR = ᾱ/(1−ᾱ) of each timestep. */
export const signalToNoise = (alphasCumprod: Float32Array): Float32Array =>
  alphasCumprod.map((alphaBar) => alphaBar / (1 - alphaBar));

/**
 * The weight of each timestep's loss that makes it min(SNR, γ)·|x₀ error|²: the loss of ε is SNR·|x₀ error|², that of v
 * (SNR + 1)·|x₀ error|². At an SNR of 0, where the quotient for ε is 0/0, it is the limit 1.
 */
export const minSnrWeights: Readonly<Record<Prediction, (snr: number, gamma: number) => number>> = {
  epsilon: (snr, gamma) => (snr === 0 ? 1 : Math.min(snr, gamma) / snr),
  v_prediction: (snr, gamma) => Math.min(snr, gamma) / (snr + 1),
  sample: (snr, gamma) => Math.min(snr, gamma),
};
