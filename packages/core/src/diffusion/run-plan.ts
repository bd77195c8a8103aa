// Carrying out a sampling plan.
import { scaled } from "../tensor/lincomb.ts";
import { clipped } from "./clipping.ts";
import { makeDenoiser, type Network } from "./denoiser.ts";
import type { SamplingPlan } from "./plan.ts";
import { samplerTable } from "./samplers/index.ts";
import type { SamplerOptions } from "./samplers/types.ts";

export interface RunOptions extends SamplerOptions {
  /** N, the images in x. */
  readonly batch?: number;
  /** Called before every evaluation; may overwrite x, which is at noise level `sigma` (inpainting keeps its known region so). */
  readonly beforeEvaluation?: (x: Float32Array, sigma: number) => void;
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
  const { batch = 1, beforeEvaluation, ...samplerOptions } = options;
  const { clip, clipInSampler } = plan;
  let variance = new Float32Array() as Float32Array;
  const denoise = makeDenoiser(network, {
    ...plan,
    clip: clipInSampler ? undefined : clip,
    batch,
    learnedVariance: plan.learnedVariance !== undefined,
    onVariance: (values) => (variance = values),
  });
  const result = await samplerTable[plan.sampler].sample(
    async (input, sigma) => {
      beforeEvaluation?.(input, sigma);
      return denoise(input, sigma);
    },
    x,
    plan.sigmas,
    {
      ...samplerOptions,
      ...plan.settings,
      clip: clip && clipInSampler ? (denoised) => clipped(denoised, clip, batch) : undefined,
      predictedVariance: () => variance,
    },
  );
  return plan.finalScale === 1 ? result : scaled(result, plan.finalScale);
}
