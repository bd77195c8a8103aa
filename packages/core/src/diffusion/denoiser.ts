// From a network to the function samplers use: D(x, σ), the estimate of x₀.
import { lincomb } from "../tensor/lincomb.ts";
import { type Clip, clipped } from "./clipping.ts";
import { type Parameterization, toDenoised, toInput } from "./parameterization.ts";
import type { Denoise } from "./samplers/types.ts";

/**
 * A guided network call: variance-preserving input [N,C,h,w], timestep, and where guidance depends on it the noise level →
 * its prediction, of the same length (twice that with a learned variance).
 */
export type Network = (input: Float32Array, timestep: number, sigma: number) => Promise<Float32Array>;

/** What a network's output is, and what is done to the estimate it gives. */
export interface DenoiserOptions {
  readonly prediction: Parameterization;
  /** The timestep the network is given for a noise level. */
  readonly timestepOf: (sigma: number) => number;
  readonly clip?: Clip;
  /** Given for consistency models. */
  readonly boundary?: ConsistencyBoundary;
  /** N, the images in x: needed by dynamic thresholding and to split off a learned variance. */
  readonly batch?: number;
  /** The network's channels are [prediction, variance]. */
  readonly learnedVariance?: boolean;
  /** Receives the variance channels of each call, before `denoise` returns. */
  readonly onVariance?: (variance: Float32Array) => void;
}

/** c_skip and c_out that make a consistency model the identity at t = 0 (LCM, arXiv 2310.04378 §4.1). */
export interface ConsistencyBoundary {
  /** Multiplies the timestep. */
  readonly timestepScaling: number;
  readonly sigmaData: number;
}

/** D(x, σ) of `network`. It throws RangeError when the network's output has another length than x. */
export function makeDenoiser(network: Network, options: DenoiserOptions): Denoise {
  const estimate = makeEstimate(options);
  return async (x, sigma) => {
    const output = await network(toInput(x, sigma, options.prediction), options.timestepOf(sigma), sigma);
    return estimate(output, x, sigma);
  };
}

/** What makes D(x, σ) of a network's output at (x, σ). It throws RangeError when the output has another length than x. */
export function makeEstimate(
  options: DenoiserOptions,
): (output: Float32Array, x: Float32Array, sigma: number) => Float32Array {
  const { prediction, timestepOf, clip, boundary, batch = 1, learnedVariance = false, onVariance } = options;
  return (output, x, sigma) => {
    const wanted = learnedVariance ? 2 * x.length : x.length;
    if (output.length !== wanted) {
      throw new RangeError(`Cannot denoise: the network gave ${output.length} values (${wanted} are wanted)`);
    }
    if (learnedVariance) {
      const [mean, variance] = splitChannels(output, batch);
      output = mean;
      onVariance?.(variance);
    }
    let denoised = toDenoised(prediction, output, x, sigma);
    if (clip) denoised = clipped(denoised, clip, batch);
    return boundary ? atBoundary(boundary, denoised, x, sigma, timestepOf(sigma)) : denoised;
  };
}

// f(x, t) = c_skip(t)·x_t + c_out(t)·x₀, where x_t is the network's own (variance-preserving) input.
function atBoundary(
  boundary: ConsistencyBoundary,
  denoised: Float32Array,
  x: Float32Array,
  sigma: number,
  timestep: number,
): Float32Array {
  const t = timestep * boundary.timestepScaling;
  const norm = Math.hypot(t, boundary.sigmaData);
  return lincomb([t / norm, denoised], [(boundary.sigmaData / norm) ** 2, toInput(x, sigma)]);
}

// [N,2C,h,w] → two of [N,C,h,w].
function splitChannels(output: Float32Array, batch: number): [Float32Array, Float32Array] {
  const half = output.length / batch / 2;
  const [first, second] = [new Float32Array(half * batch), new Float32Array(half * batch)];
  for (let image = 0; image < batch; image++) {
    const start = image * 2 * half;
    first.set(output.subarray(start, start + half), image * half);
    second.set(output.subarray(start + half, start + 2 * half), image * half);
  }
  return [first, second];
}
