// Likelihood by the probability-flow ODE (Song et al. 2021, arXiv 2011.13456, §4.3): dx/dσ = (x − D(x,σ))/σ carries the
// data to noise, and log p changes along it by the divergence of that field, which random probes estimate without bias
// (Hutchinson; FFJORD, arXiv 1810.01367): E vᵀ(∂f/∂x)v = tr ∂f/∂x for v of ±1.

import type { Tensor } from "../tensor/tensor.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";

/** A denoiser with its vector-Jacobian product, both rows of one evaluation. */
export type DenoiserJacobian = (
  x: Tensor,
  sigma: number,
  probe: Float32Array,
) => Promise<{ readonly denoised: Float32Array; /** probeᵀ·∂D/∂x */ readonly product: Float32Array }>;

/** How the ODE is solved. */
export interface FlowLikelihoodOptions {
  /** D and probeᵀ·∂D/∂x at x [N,…] (σ-space). */
  readonly denoise: DenoiserJacobian;
  readonly sigmaMin: number;
  readonly sigmaMax: number;
  /** Heun steps, uniform in log σ; two evaluations each. */
  readonly steps?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
  readonly onStep?: (done: number, total: number) => void;
}

/**
 * log p of each row of x [N,…], in nats, at σ = sigmaMin. The prior is N(0, σ_max²). Bits per dimension of pictures of
 * 256 levels scaled to [-1,1]: −log p / (D ln 2) + log₂ 127.5, with uniform noise of one level added (`dequantize`).
 */
export async function flowLogLikelihood(
  start: Tensor,
  { denoise, sigmaMin, sigmaMax, steps = 64, seed = 0, signal, onStep }: FlowLikelihoodOptions,
): Promise<Float64Array> {
  const count = start.dims[0];
  const width = start.data.length / count;
  const generator = new TorchGenerator(seed);
  // One probe for the whole path keeps the field smooth along it (FFJORD §3.1).
  const probe = Float32Array.from(generator.rand(start.data.length), (u) => (u < 0.5 ? -1 : 1));
  const sigmas = Array.from({ length: steps + 1 }, (_, i) => sigmaMin * (sigmaMax / sigmaMin) ** (i / steps));

  /** dx/dσ, and its divergence for each row. */
  async function field(x: Float32Array, sigma: number) {
    signal?.throwIfAborted();
    const { denoised, product } = await denoise({ dims: start.dims, data: x }, sigma, probe);
    const divergence = new Float64Array(count);
    product.forEach((value, i) => (divergence[Math.floor(i / width)] += (1 - value * probe[i]) / sigma));
    return { slope: x.map((value, i) => (value - denoised[i]) / sigma), divergence };
  }

  let x = start.data;
  const change = new Float64Array(count);
  for (let i = 0; i < steps; i++) {
    const h = sigmas[i + 1] - sigmas[i];
    const first = await field(x, sigmas[i]);
    const second = await field(
      x.map((value, j) => value + h * first.slope[j]),
      sigmas[i + 1],
    );
    x = x.map((value, j) => value + (h / 2) * (first.slope[j] + second.slope[j]));
    change.forEach((_, n) => (change[n] += (h / 2) * (first.divergence[n] + second.divergence[n])));
    onStep?.(i + 1, steps);
  }
  return change.map((value, n) => {
    let squares = 0;
    for (let i = n * width; i < (n + 1) * width; i++) squares += x[i] ** 2;
    return value - squares / (2 * sigmaMax ** 2) - (width / 2) * Math.log(2 * Math.PI * sigmaMax ** 2);
  });
}

/** Bits per dimension of pictures of 256 levels from log p [N] of their dequantized values in [-1,1], `width` values each. */
export const bitsPerDimension = (logLikelihood: Float64Array, width: number): number =>
  -logLikelihood.reduce((sum, value) => sum + value, 0) / logLikelihood.length / width / Math.LN2 + Math.log2(127.5);

/** x plus uniform noise of one of 256 levels, so that a density over it bounds the levels' probability (Theis et al. 2016, §3.1). */
export function dequantize(x: Tensor, seed: number): Tensor {
  const noise = new TorchGenerator(seed).rand(x.data.length);
  return { dims: x.dims, data: x.data.map((value, i) => value + (noise[i] - 0.5) / 127.5) };
}
