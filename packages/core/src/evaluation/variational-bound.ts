// The variational bound on −log p(x₀) of a discrete diffusion model, in bits per dimension (DDPM, arXiv 2006.11239,
// eq. 5, §3.2–3.3): L = L_T + Σ L_{t−1} + L_0, every term exact for one draw of x_t.

import { alphasCumprod } from "../diffusion/betas.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";

/** The terms, each a mean over the pictures, in bits per dimension. */
export interface VariationalBound {
  readonly total: number;
  /** L_T: how far the last noise level is from pure noise. */
  readonly prior: number;
  /** L_{t−1} for t = 1 … T−1, by timestep of x_t. */
  readonly steps: Float64Array;
  /** L_0: coding the 256 levels given x_1. */
  readonly reconstruction: number;
}

/** What the bound is computed of. */
export interface VariationalBoundOptions {
  /** β_0 … β_{T−1} of training. */
  readonly betas: Float32Array;
  /** x₀ as the network estimates it from x_t [N,…] (variance preserving) at timestep t. */
  readonly denoise: (x: Tensor, timestep: number) => Promise<Float32Array>;
  /** p's variance: β̃_t ("fixed_small", optimal for one point) or β_t ("fixed_large", optimal for white noise). */
  readonly variance?: "fixed_small" | "fixed_large";
  readonly seed?: number;
  readonly signal?: AbortSignal;
  /** Called after each of the T timesteps, from the last down. */
  readonly onStep?: (done: number, total: number) => void;
}

/** The bound for pictures x₀ [N,…] with values (2·level/255 − 1): T evaluations of the network. */
export async function variationalBound(
  clean: Tensor,
  { betas, denoise, variance = "fixed_large", seed = 0, signal, onStep }: VariationalBoundOptions,
): Promise<VariationalBound> {
  const alphaBar = alphasCumprod(betas);
  const generator = new TorchGenerator(seed);
  const bits = (nats: number) => nats / clean.data.length / Math.LN2;
  const steps = new Float64Array(betas.length);

  for (let t = betas.length - 1; t >= 0; t--) {
    signal?.throwIfAborted();
    const previous = t === 0 ? 1 : alphaBar[t - 1];
    const noise = generator.randn(clean.data.length);
    const [a, b] = [Math.sqrt(alphaBar[t]), Math.sqrt(1 - alphaBar[t])];
    const x = { dims: clean.dims, data: clean.data.map((value, i) => a * value + b * noise[i]) };
    const estimate = await denoise(x, t);
    // q(x_{t−1} | x_t, x₀) = N(c₀x₀ + c_t x_t, β̃_t): eq. 7. The mean of p differs from it by c₀(x̂₀ − x₀).
    const c0 = (Math.sqrt(previous) * betas[t]) / (1 - alphaBar[t]);
    const posterior = (betas[t] * (1 - previous)) / (1 - alphaBar[t]);
    if (t === 0) {
      // β̃_0 is 0: the decoder's variance is β̃_1, as the reference implementations clip it.
      const decoder = variance === "fixed_large" ? betas[0] : (betas[1] * (1 - alphaBar[0])) / (1 - alphaBar[1]);
      steps[0] = codeLength(clean.data, estimate, Math.sqrt(decoder));
    } else {
      const width = variance === "fixed_large" ? betas[t] : posterior;
      let squares = 0;
      for (let i = 0; i < estimate.length; i++) squares += (estimate[i] - clean.data[i]) ** 2;
      const ratio = posterior / width;
      steps[t] = 0.5 * (clean.data.length * (ratio - 1 - Math.log(ratio)) + (c0 ** 2 * squares) / width);
    }
    onStep?.(betas.length - t, betas.length);
  }

  const last = alphaBar[alphaBar.length - 1];
  const prior = clean.data.reduce((sum, value) => sum + 0.5 * (last * value ** 2 - last - Math.log(1 - last)), 0);
  const inBits = steps.map(bits);
  const total = inBits.reduce((sum, value) => sum + value, bits(prior));
  return { total, prior: bits(prior), steps: inBits.with(0, 0), reconstruction: inBits[0] };
}

/** −Σ log of the mass that N(mean, deviation²) has in each value's bin of width 2/255; the end bins reach to infinity (eq. 13). */
function codeLength(values: Float32Array, means: Float32Array, deviation: number): number {
  let nats = 0;
  for (let i = 0; i < values.length; i++) {
    const upper = values[i] > 0.999 ? 1 : normalDistribution((values[i] + 1 / 255 - means[i]) / deviation);
    const lower = values[i] < -0.999 ? 0 : normalDistribution((values[i] - 1 / 255 - means[i]) / deviation);
    nats -= Math.log(Math.max(upper - lower, 1e-12));
  }
  return nats;
}

/** Φ(z) by the complementary error function's rational approximation (Numerical Recipes §6.2.2, relative error below 1.2·10⁻⁷). */
function normalDistribution(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  const polynomial = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
    0.17087277,
  ].reduceRight((sum, c) => c + t * sum, 0);
  const tail = 0.5 * t * Math.exp(-x * x + polynomial);
  return z > 0 ? 1 - tail : tail;
}
