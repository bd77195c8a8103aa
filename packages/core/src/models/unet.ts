// The denoising UNet of Stable Diffusion 1.x, 2.x, XL and the XL refiner (latent diffusion, arXiv 2112.10752, §3.2;
// SDXL, arXiv 2307.01952, §2). Parameter names are those of diffusers' UNet2DConditionModel.

import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { add, silu } from "../graph/ops/elementwise.ts";
import { concat, resizeNearest, slice } from "../graph/ops/shape.ts";
import { input } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { freeU } from "../nn/free-u.ts";
import type { FreeUScales } from "../nn/free-u.ts";
import { conv2d, groupNorm } from "../nn/layers.ts";
import { resnetBlock } from "../nn/resnet.ts";
import { spatialTransformer } from "../nn/transformer.ts";
import { isKUnet, kUnetGraph } from "./k-unet.ts";
import { encoderInputs, encodingDims, featureDims, unetEncoder } from "./unet-encoder.ts";
import type { UNetEncoderConfig, UNetEncoderInputs } from "./unet-encoder.ts";

/** A UNet's sizes and the conditions it takes. */
export interface UNetConfig extends UNetEncoderConfig {
  readonly outChannels: number;
}

/** What the UNet sees of a step. */
export interface UNetInputs extends UNetEncoderInputs {
  /** FreeU's b₁, b₂, s₁, s₂ [4], for a UNet with it. */
  readonly freeU?: Value;
  /** What ControlNets add to the skips and to the middle, as `encodingDims` has them. */
  readonly residuals?: { readonly skips: readonly Value[]; readonly middle: Value };
  /** What T2I-Adapters add at the levels' ends, as `featureDims` has them. */
  readonly features?: readonly Value[];
}

/** Predicted noise (or v, or x₀) [N,outChannels,h,w]. */
export const unet = layer((p: Params, inputs: UNetInputs, config: UNetConfig): Value => {
  const { levels, groups, epsilon } = config;
  const { context, residuals, features: added } = inputs;
  const freeUScales = inputs.freeU && scalesOf(inputs.freeU);
  const { embedding, ...encoding } = unetEncoder(p, inputs, config, { features: added });
  const block = { groups, epsilon, embedding };

  let x = residuals ? add(encoding.middle, residuals.middle) : encoding.middle;
  const skips = encoding.skips.map((skip, i) => (residuals ? add(skip, residuals.skips[i]) : skip));
  levels.toReversed().forEach(({ features, resnets, transformer }, i) => {
    const up = p.at("up_blocks", i);
    for (let j = 0; j < resnets + 1; j++) {
      let skip = skips.pop()!;
      // Its first two blocks, from the lowest resolution up.
      if (freeUScales?.[i]) [x, skip] = freeU(x, skip, freeUScales[i]);
      x = resnetBlock(up.at("resnets", j), concat([x, skip], 1), { features, ...block });
      if (transformer) x = spatialTransformer(up.at("attentions", j), x, { ...transformer, groups, context });
    }
    if (i < levels.length - 1) {
      // To the size of the skip to come, which for odd sizes is not exactly double.
      const [, , height, width] = skips.at(-1)!.dims;
      x = conv2d(up.at("upsamplers", 0, "conv"), resizeNearest(x, { height, width }), { features });
    }
  });

  x = silu(groupNorm(p.at("conv_norm_out"), x, { groups, epsilon }));
  return conv2d(p.at("conv_out"), x, { features: config.outChannels });
});

/** FreeU's scalars per block, out of [4]. */
const scalesOf = (values: Value): FreeUScales[] =>
  [0, 1].map((i) => ({
    backbone: slice(values, { axis: 0, start: i, end: i + 1 }),
    skip: slice(values, { axis: 0, start: i + 2, end: i + 3 }),
  }));

/** What a UNet's graph takes beside its own inputs. */
export interface UNetGraphOptions {
  /** The text encoder's projection width; SDXL's sizes are what is left of the width of both. */
  readonly pooledWidth?: number;
  /** Input `freeU` [4]: FreeU's factors. */
  readonly withFreeU?: boolean;
  /** Inputs `residual.0`, `residual.1` … and `residual.middle`: the sums of ControlNets' outputs. */
  readonly withResiduals?: boolean;
  /** Inputs `feature.0` … of so many: the sums of T2I-Adapters' outputs. */
  readonly features?: number;
}

/**
 * The UNet as a graph of inputs `sample` [batch,C,height,width], `timestep` [batch], `context` [batch,tokens,D], and where
 * the config has them `textEmbeds` [batch,pooledWidth], `timeIds` [batch,sizes], `classLabels`, `guidanceCode`; output `out`.
 * Of K-blocks (k-unet.ts), that one's.
 */
export function unetGraph(
  config: UNetConfig,
  { pooledWidth, withFreeU = false, withResiduals = false, features = 0 }: UNetGraphOptions = {},
): Graph {
  if (isKUnet(config)) {
    if (withFreeU || withResiduals || features > 0)
      throw new TypeError(
        "Cannot trace a latent upscaler with FreeU, ControlNets or T2I-Adapters: it has no place for them",
      );
    return kUnetGraph(config);
  }
  const own = encoderInputs(config, { pooledWidth });
  const dims = encodingDims(config, own.sample.dims);
  const inputs: UNetInputs = {
    ...own,
    ...(withFreeU && { freeU: input("freeU", [4]) }),
    ...(withResiduals && {
      residuals: {
        skips: dims.skips.map((skip, i) => input(`residual.${i}`, skip)),
        middle: input("residual.middle", dims.middle),
      },
    }),
    ...(features > 0 && {
      features: featureDims(config, own.sample.dims)
        .slice(0, features)
        .map((feature, i) => input(`feature.${i}`, feature)),
    }),
  };
  return graphOf("unet", { out: unet(parameters(), inputs, config) });
}
