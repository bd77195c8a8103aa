// The UNet under guidance: what the denoiser calls with scaled latents and a timestep.

import { classifierFree } from "../diffusion/guidance/cfg.ts";
import { rescaleGuidance } from "../diffusion/guidance/rescale.ts";
import type { UNetConfig } from "../models/unet.ts";
import type { Network } from "../runtime/engine.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import type { TextStates } from "./conditioning.ts";

/** What one half of guidance is given beside the latents. */
export interface Condition extends TextStates {
  /** SDXL's sizes [1,6] or [1,5]. */
  readonly timeIds: Tensor | undefined;
}

/** Conditions of the two halves of guidance, and how to combine what the UNet makes of them. */
export interface GuidanceOptions {
  readonly positive: Condition;
  /** Absent: no guidance. */
  readonly negative: Condition | undefined;
  readonly guidanceScale: number;
  readonly guidanceRescale: number;
  /** Both halves in one run. */
  readonly batched: boolean;
  /** Channels [1,C',h,w] that an inpainting UNet takes behind the latents. */
  readonly extraChannels?: Tensor;
  readonly signal?: AbortSignal;
}

/** (latents [1,C,h,w] flat, timestep) → guided prediction, flat. */
export interface GuidedNetwork {
  (input: Float32Array, timestep: number): Promise<Float32Array>;
  /** The prediction for the negative condition in the last call; absent without one. Samplers of CFG++ go on from it. */
  readonly unconditional?: () => Float32Array;
}

/** The UNet under guidance. */
export function guidedNetwork(
  unet: Network,
  config: UNetConfig,
  latentDims: readonly number[],
  { positive, negative, guidanceScale, guidanceRescale, batched, extraChannels, signal }: GuidanceOptions,
): GuidedNetwork {
  const [, channels, height, width] = latentDims;
  const guidanceCode =
    config.guidanceCodeWidth === undefined ? undefined : codeOfGuidance(guidanceScale - 1, config.guidanceCodeWidth);

  async function predict(
    input: Float32Array,
    timestep: number,
    conditions: readonly Condition[],
  ): Promise<Float32Array> {
    const n = conditions.length;
    const one = tensor([1, channels, height, width], input);
    const sample = stack(conditions.map(() => (extraChannels === undefined ? one : joinChannels(one, extraChannels))));
    const feeds: Record<string, AnyTensor> = {
      sample,
      timestep: tensor([n], new Float32Array(n).fill(timestep)),
      context: stack(conditions.map(({ context }) => context)),
    };
    if (config.textTime !== undefined) {
      feeds.textEmbeds = stack(conditions.map(({ pooled }) => pooled!));
      feeds.timeIds = stack(conditions.map(({ timeIds }) => timeIds!));
    }
    if (guidanceCode !== undefined) feeds.guidanceCode = stack(conditions.map(() => guidanceCode));
    return (await unet.run(feeds, { signal })).out.data;
  }

  if (negative === undefined) return (input, timestep) => predict(input, timestep, [positive]);

  let uncond: Float32Array = new Float32Array();
  const guided = async (input: Float32Array, timestep: number): Promise<Float32Array> => {
    let cond: Float32Array;
    if (batched) {
      const both = await predict(input, timestep, [negative, positive]);
      [uncond, cond] = [both.subarray(0, both.length / 2), both.subarray(both.length / 2)];
    } else {
      uncond = await predict(input, timestep, [negative]);
      cond = await predict(input, timestep, [positive]);
    }
    const prediction = classifierFree(uncond, cond, guidanceScale);
    return guidanceRescale === 0
      ? prediction
      : rescaleGuidance(prediction, cond, { rescale: guidanceRescale, batch: 1 });
  };
  return Object.assign(guided, { unconditional: () => uncond });
}

/** [1,…] tensors of one shape → [N,…]. */
function stack(parts: readonly Tensor[]): Tensor {
  if (parts.length === 1) return parts[0];
  const data = new Float32Array(parts.length * parts[0].data.length);
  parts.forEach((part, i) => data.set(part.data, i * part.data.length));
  return tensor([parts.length, ...parts[0].dims.slice(1)], data);
}

/** [1,A,h,w] and [1,B,h,w] → [1,A+B,h,w]. */
function joinChannels(a: Tensor, b: Tensor): Tensor {
  const data = new Float32Array(a.data.length + b.data.length);
  data.set(a.data);
  data.set(b.data, a.data.length);
  return tensor([1, a.dims[1] + b.dims[1], a.dims[2], a.dims[3]], data);
}

/** Sinusoidal code [1,width] of guidance scale w = scale − 1, times 1000 (latent consistency models, arXiv 2310.04378, §4.1). */
function codeOfGuidance(w: number, width: number): Tensor {
  const half = width / 2;
  const angles = Array.from({ length: half }, (_, i) => 1000 * w * Math.exp((-Math.log(10000) * i) / (half - 1)));
  return tensor([1, width], Float32Array.from([...angles.map(Math.sin), ...angles.map(Math.cos)]));
}
