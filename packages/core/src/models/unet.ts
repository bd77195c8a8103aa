// The denoising UNet of Stable Diffusion 1.x, 2.x, XL and the XL refiner (latent diffusion, arXiv 2112.10752, §3.2;
// SDXL, arXiv 2307.01952, §2). Parameter names are those of diffusers' UNet2DConditionModel.

import { add, silu } from "../graph/ops/elementwise.ts";
import { embedding as lookUp } from "../graph/ops/lookup.ts";
import { concat, reshape, resizeNearest, slice } from "../graph/ops/shape.ts";
import { layer } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { freeU } from "../nn/free-u.ts";
import type { FreeUScales } from "../nn/free-u.ts";
import { conv2d, groupNorm, known, linear } from "../nn/layers.ts";
import { resnetBlock } from "../nn/resnet.ts";
import { sinusoids, timestepMlp } from "../nn/timestep-embedding.ts";
import { spatialTransformer } from "../nn/transformer.ts";
import { multiplyDims } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { parameters } from "../graph/params.ts";
import { symbol } from "../graph/dim.ts";
import { input } from "../graph/ops/source.ts";

/** One resolution of the UNet, from the picture's own downwards. */
export interface UNetLevel {
  readonly features: number;
  readonly resnets: number;
  /** Transformer blocks behind each resnet, on the way down and up; none where there is no attention. */
  readonly transformer?: { readonly heads: number; readonly blocks: number; readonly onlyCross: boolean };
}

/** A UNet's sizes and the conditions it takes. */
export interface UNetConfig {
  /** 4 latent channels; 9 for inpainting (latents, mask, masked latents), 8 for InstructPix2Pix, 5 for depth. */
  readonly inChannels: number;
  readonly outChannels: number;
  readonly levels: readonly UNetLevel[];
  /** The transformer between the way down and the way up. */
  readonly middle: { readonly heads: number; readonly blocks: number; readonly onlyCross: boolean } | undefined;
  /** Width of the text states. */
  readonly contextWidth: number;
  readonly groups: number;
  readonly epsilon: number;
  readonly timeCode: { readonly width: number; readonly cosineFirst: boolean; readonly shift: number };
  readonly timeWidth: number;
  /** SDXL's micro-conditioning: the pooled text and the sizes, each coded in `sizeCodeWidth`, `width` numbers together. */
  readonly textTime?: { readonly sizeCodeWidth: number; readonly width: number };
  /** Rows of a learned class table added to the time embedding (×4 upscaler's noise level, class-conditional models). */
  readonly classes?: number;
  /** Width of the guidance-scale code that LCM-distilled UNets take. */
  readonly guidanceCodeWidth?: number;
}

/** What the UNet sees of a step. */
export interface UNetInputs {
  /** Latents [N,C,h,w]. */
  readonly sample: Value;
  /** Timestep [N], float. */
  readonly timestep: Value;
  /** Text states [N,T,D]. */
  readonly context: Value;
  /** Pooled text [N,P] and sizes [N,6] (5 for the refiner): with `textTime` only. */
  readonly textEmbeds?: Value;
  readonly timeIds?: Value;
  /** Class number [N]: with `classes` only. */
  readonly classLabels?: Value;
  /** Guidance-scale code [N,G]: with `guidanceCodeWidth` only. */
  readonly guidanceCode?: Value;
  /** FreeU's b₁, b₂, s₁, s₂ [4], for a UNet with it. */
  readonly freeU?: Value;
}

/** Predicted noise (or v, or x₀) [N,outChannels,h,w]. */
export const unet = layer((p: Params, inputs: UNetInputs, config: UNetConfig): Value => {
  const { levels, groups, epsilon } = config;
  const { sample, context } = inputs;
  const freeUScales = inputs.freeU && scalesOf(inputs.freeU);
  const embedding = timeEmbedding(p, inputs, config);
  const block = { groups, epsilon, embedding };

  let x = conv2d(p.at("conv_in"), sample, { features: levels[0].features }); // [N,C₀,h,w]
  const skips = [x];
  levels.forEach(({ features, resnets, transformer }, i) => {
    const down = p.at("down_blocks", i);
    for (let j = 0; j < resnets; j++) {
      x = resnetBlock(down.at("resnets", j), x, { features, ...block });
      if (transformer) x = spatialTransformer(down.at("attentions", j), x, { ...transformer, groups, context });
      skips.push(x);
    }
    if (i < levels.length - 1) {
      x = conv2d(down.at("downsamplers", 0, "conv"), x, { features, stride: 2 }); // [N,C,⌈h/2⌉,⌈w/2⌉]
      skips.push(x);
    }
  });

  const { features } = levels.at(-1)!;
  const middle = p.at("mid_block");
  x = resnetBlock(middle.at("resnets", 0), x, { features, ...block });
  if (config.middle) x = spatialTransformer(middle.at("attentions", 0), x, { ...config.middle, groups, context });
  x = resnetBlock(middle.at("resnets", 1), x, { features, ...block });

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

/** What every resnet adds: the timestep, and with SDXL the pooled text and the picture's sizes → [N,timeWidth]. */
function timeEmbedding(
  p: Params,
  { timestep, textEmbeds, timeIds, classLabels, guidanceCode }: UNetInputs,
  config: UNetConfig,
): Value {
  const { timeCode, timeWidth: features, textTime, classes, guidanceCodeWidth } = config;
  let code = sinusoids(timestep, timeCode);
  if (guidanceCodeWidth !== undefined)
    code = add(
      code,
      linear(p.at("time_embedding", "cond_proj"), guidanceCode!, { features: timeCode.width, bias: false }),
    );
  let embedding = timestepMlp(p.at("time_embedding"), code, { features });
  if (classes !== undefined)
    embedding = add(embedding, lookUp(p.at("class_embedding").parameter("weight", [classes, features]), classLabels!));
  if (textTime !== undefined) {
    const { sizeCodeWidth } = textTime;
    const sizes = known(timeIds!, 1);
    const [n] = timestep.dims;
    const flat = reshape(timeIds!, [multiplyDims(n, sizes)]);
    const codes = reshape(sinusoids(flat, { ...timeCode, width: sizeCodeWidth }), [n, sizes * sizeCodeWidth]);
    embedding = add(embedding, timestepMlp(p.at("add_embedding"), concat([textEmbeds!, codes], 1), { features }));
  }
  return embedding;
}

/**
 * The UNet as a graph of inputs `sample` [batch,C,height,width], `timestep` [batch], `context` [batch,tokens,D], and where
 * the config has them `textEmbeds` [batch,pooledWidth], `timeIds` [batch,sizes], `classLabels`, `guidanceCode`; output `out`.
 * `pooledWidth` is the text encoder's projection width; SDXL's sizes are what is left of the width of both. With FreeU, its
 * four factors are the input `freeU`.
 */
export function unetGraph(
  config: UNetConfig,
  { pooledWidth = 0, withFreeU = false }: { pooledWidth?: number; withFreeU?: boolean } = {},
): Graph {
  const batch = symbol("batch");
  const { textTime, guidanceCodeWidth, contextWidth, inChannels } = config;
  const inputs: UNetInputs = {
    sample: input("sample", [batch, inChannels, symbol("height"), symbol("width")]),
    timestep: input("timestep", [batch]),
    context: input("context", [batch, symbol("tokens"), contextWidth]),
    ...(textTime && {
      textEmbeds: input("textEmbeds", [batch, pooledWidth]),
      timeIds: input("timeIds", [batch, (textTime.width - pooledWidth) / textTime.sizeCodeWidth]),
    }),
    ...(config.classes !== undefined && { classLabels: input("classLabels", [batch], "int64") }),
    ...(guidanceCodeWidth !== undefined && { guidanceCode: input("guidanceCode", [batch, guidanceCodeWidth]) }),
    ...(withFreeU && { freeU: input("freeU", [4]) }),
  };
  return graphOf("unet", { out: unet(parameters(), inputs, config) });
}
