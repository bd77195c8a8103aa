// The guided network of one pass: the UNet traced with what the options ask of it, under the conditions that guidance needs.

import { guidance } from "../diffusion/guidance/guidance.ts";
import type { UNetTracing } from "../models/unet-tracing.ts";
import { levelSizes } from "../models/unet-tracing.ts";
import { tensor } from "../tensor/tensor.ts";
import { guidanceChoice } from "./guidance-options.ts";
import { guidedNetwork } from "./guided-network.ts";
import type { Conditions, GuidedNetwork, Watch } from "./guided-network.ts";
import { editConditions } from "./instruct-pix2pix.ts";
import { fitsBatched } from "./memory-limits.ts";
import type { Networks } from "./networks.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Pass } from "./pass.ts";
import { windowedEvaluation } from "./tiled-diffusion.ts";
import { unetEvaluation } from "./unet-evaluation.ts";

/** The network that `pass` samples with. */
export async function passNetwork(
  { sampling, options, latentDims, prompt, from, controls, pictures, edits = false }: Pass,
  { networks, watch, signal }: { networks: Networks; watch?: Watch; signal: AbortSignal },
): Promise<GuidedNetwork> {
  const { configs } = networks;
  const [, channels, height, width] = latentDims;
  const { plan } = sampling;
  const choice = guidanceChoice(options, { sigmas: plan.sigmas, channels, editsPictures: edits });
  const unet = await networks.get("unet", signal, {
    ...tracingOf(options),
    ...controls?.tracing,
    ...pictures?.tracing,
  });
  const { pagScale, sagScale, guidanceBatching } = options;

  const { positive: cond, negative: uncond, empty } = prompt;
  const plain: Conditions = {
    cond,
    ...(uncond && { uncond: { ...uncond, isNegative: true } }),
    ...(empty && { empty: { ...empty, isNegative: true } }),
    ...(pagScale > 0 && { perturbed: { ...cond, perturbed: true } }),
  };
  const conditions = edits ? editConditions(plain, latentDims) : plain;
  const parts = Object.values(conditions).reduce((sum, { prompt: composed }) => sum + (composed?.parts.length ?? 1), 0);

  const { tiledDiffusion: weights, tileOverlap: overlap = 0.5 } = options;
  const side = (options.tileSize ?? 512) / configs.vae.factor;
  const seen = weights === undefined ? latentDims : [1, channels, Math.min(height, side), Math.min(width, side)];
  const whole = unetEvaluation(unet, configs.unet, {
    batched:
      guidanceBatching === "auto" ? fitsBatched(networks, seen, { conditions: parts }) : guidanceBatching === "batched",
    extraChannels: from.extraChannels,
    classLabel: from.classLabel,
    guidanceScale: options.guidanceScale,
    perturbs: pagScale > 0,
    controls,
    pictures,
    ...(options.freeu && { feeds: { freeU: tensor([4], Float32Array.from(options.freeu)) } }),
    signal,
  });
  const evaluate =
    weights === undefined
      ? whole
      : windowedEvaluation(whole, { weights, side, overlap, extraChannels: from.extraChannels });

  const sizes = levelSizes(configs.unet, { height, width }).at(-1)!;
  return guidedNetwork(evaluate, latentDims, {
    conditions,
    guidance: guidance(choice),
    prediction: plan.prediction,
    ...(sagScale > 0 && {
      selfAttention: ({ selfAttention }) => tensor([1, sizes.height, sizes.width], selfAttention.data),
    }),
    watch,
  });
}

/** What the UNet is traced with: nothing but what is asked for. */
function tracingOf({ freeu, tiling, pagScale, pagLayers, sagScale, attention }: ResolvedOptions): UNetTracing {
  return {
    ...(freeu && { freeU: true }),
    ...(tiling && { tiling }),
    ...(pagScale > 0 && { perturbedLayers: pagLayers ?? ["mid_block"] }),
    ...(sagScale > 0 && { selfAttentionMap: true }),
    ...(attention && { wordMaps: true }),
  };
}
