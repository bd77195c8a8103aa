// Carrying out a sampling plan.
import { scaled } from "../tensor/lincomb.ts";
import { brownianNoise, seedFromNoise } from "./brownian.ts";
import { clipped } from "./clipping.ts";
import { makeDenoiser, makeEstimate, type Network } from "./denoiser.ts";
import type { SamplingPlan } from "./plan.ts";
import { samplerTable } from "./samplers/index.ts";
import type { NoiseSource, SamplerOptions } from "./samplers/types.ts";

/** What a run is given beside its plan. */
export interface RunOptions extends SamplerOptions {
  /** N, the images in x. */
  readonly batch?: number;
  /** Called before every evaluation; may overwrite x, which is at noise level `sigma` (inpainting keeps its known region so). */
  readonly beforeEvaluation?: (x: Float32Array, sigma: number) => void;
  /** Called with every estimate of x₀ before the sampler sees it; may overwrite it (inpainting as A1111 does it). */
  readonly afterEvaluation?: (denoised: Float32Array, sigma: number) => void;
  /** What the network predicted without the prompt in its last call, before guidance; samplers of CFG++ need it. */
  readonly unconditional?: () => Float32Array;
  /** Seed of a Brownian path, for plans with such noise. Left out, it comes from the first draw of `noise`. */
  readonly noiseSeed?: number | bigint;
  /** That path is one for `size` runs, of which this is number `index`. */
  readonly noiseBatch?: { readonly index: number; readonly size: number };
}

/**
 * Samples along `plan` from x [N,C,h,w] in σ-space and returns clean data or latents. `x` is plan.initialScale·N(0,1), or
 * x₀ + plan.sigmas[0]·N(0,1). Throws RangeError at the first NaN or infinity, and the signal's reason when it is aborted.
 */
export async function runPlan(
  plan: SamplingPlan,
  network: Network,
  x: Float32Array,
  options: RunOptions,
): Promise<Float32Array> {
  const { batch = 1, beforeEvaluation, afterEvaluation, unconditional, ...samplerOptions } = options;
  const { clip, clipInSampler, noise: noiseKind } = plan;
  let variance = new Float32Array() as Float32Array;
  const estimation = {
    ...plan,
    clip: clipInSampler ? undefined : clip,
    batch,
    learnedVariance: plan.learnedVariance !== undefined,
  };
  const denoise = makeDenoiser(network, { ...estimation, onVariance: (values) => (variance = values) });
  const estimate = makeEstimate(estimation);
  let [lastX, lastSigma] = [x, 0];
  const result = await samplerTable[plan.sampler].sample(
    async (input, sigma) => {
      beforeEvaluation?.(input, sigma);
      [lastX, lastSigma] = [input, sigma];
      const denoised = await denoise(input, sigma);
      afterEvaluation?.(denoised, sigma);
      return denoised;
    },
    x,
    plan.sigmas,
    {
      ...samplerOptions,
      ...plan.settings,
      noise: noiseKind === "brownian" ? brownianPath(plan, x.length, options) : options.noise,
      clip: clip && clipInSampler ? (denoised) => clipped(denoised, clip, batch) : undefined,
      predictedVariance: () => variance,
      unconditional: unconditional && (() => estimate(unconditional(), lastX, lastSigma)),
    },
  );
  return plan.finalScale === 1 ? result : scaled(result, plan.finalScale);
}

// A path over all levels above 0 that the plan can meet.
function brownianPath({ sigmas, noiseSeed }: SamplingPlan, length: number, options: RunOptions): NoiseSource {
  const levels = sigmas.filter((sigma) => sigma > 0);
  const { index, size } = options.noiseBatch ?? { index: 0, size: 1 };
  const path = brownianNoise({
    seed: options.noiseSeed ?? noiseSeed ?? seedFromNoise(options.noise()),
    length: size * length,
    sigmaMin: Math.min(...levels),
    sigmaMax: Math.max(...levels),
  });
  return size === 1 ? path : (from, to) => path(from, to).subarray(index * length, (index + 1) * length);
}
