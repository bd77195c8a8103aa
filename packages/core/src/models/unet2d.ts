// The denoising UNet without text: unconditional (DDPM, arXiv 2006.11239, appendix B), by class, or with a picture
// beside the latents (latent diffusion's super-resolution, arXiv 2112.10752, §4.4). Parameter names are those of
// diffusers' UNet2DModel.

import { symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { add, silu } from "../graph/ops/elementwise.ts";
import { embedding as lookUp } from "../graph/ops/lookup.ts";
import { concat, resizeNearest } from "../graph/ops/shape.ts";
import { input } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { conv2d, groupNorm } from "../nn/layers.ts";
import { pixelAttention } from "../nn/pixel-attention.ts";
import { resnetBlock } from "../nn/resnet.ts";
import { sinusoids, timestepMlp } from "../nn/timestep-embedding.ts";
import { ConfigReader } from "./config.ts";
import type { PublishedConfig } from "./config.ts";

/** One resolution of the UNet, from the picture's own downwards. */
export interface UNet2dLevel {
  readonly features: number;
  /** Attention heads behind each resnet on the way down and on the way up; none where there is no attention. */
  readonly downHeads: number | undefined;
  readonly upHeads: number | undefined;
}

/** A UNet's sizes and the conditions it takes. */
export interface UNet2dConfig {
  /** The picture's or latents' channels, and those of a picture beside them. */
  readonly inChannels: number;
  readonly outChannels: number;
  readonly levels: readonly UNet2dLevel[];
  readonly resnets: number;
  readonly middle: { readonly heads: number; readonly groups: number | undefined } | undefined;
  readonly groups: number;
  readonly epsilon: number;
  /** The timestep scales and shifts, instead of being added (see nn/resnet.ts). */
  readonly scaleShift: boolean;
  /** Zeros around the picture where it is halved: on all sides, or on the right and below only. */
  readonly downPadding: readonly [number, number, number, number];
  readonly timeCode: { readonly width: number; readonly cosineFirst: boolean; readonly shift: number };
  /** Rows of the table of classes. */
  readonly classes?: number;
}

/** What the UNet sees of a step. */
export interface UNet2dInputs {
  /** Picture or latents [N,C,h,w]. */
  readonly sample: Value;
  /** Timestep [N], float. */
  readonly timestep: Value;
  /** Class number [N], int64: with `classes` only. */
  readonly classLabels?: Value;
}

/** Predicted noise (or v, or x₀) [N,outChannels,h,w]. */
export const unet2d = layer(
  (p: Params, { sample, timestep, classLabels }: UNet2dInputs, config: UNet2dConfig): Value => {
    const { levels, groups, epsilon, timeCode, scaleShift, classes, middle } = config;
    const timeWidth = 4 * levels[0].features;
    let embedding = timestepMlp(p.at("time_embedding"), sinusoids(timestep, timeCode), { features: timeWidth });
    if (classes !== undefined)
      embedding = add(
        embedding,
        lookUp(p.at("class_embedding").parameter("weight", [classes, timeWidth]), classLabels!),
      );
    const block = { groups, epsilon, embedding, scaleShift };

    let x = conv2d(p.at("conv_in"), sample, { features: levels[0].features }); // [N,C₀,h,w]
    const skips = [x];
    levels.forEach(({ features, downHeads: heads }, i) => {
      const down = p.at("down_blocks", i);
      for (let j = 0; j < config.resnets; j++) {
        x = resnetBlock(down.at("resnets", j), x, { features, ...block });
        if (heads !== undefined) x = pixelAttention(down.at("attentions", j), x, { groups, epsilon, heads });
        skips.push(x);
      }
      if (i < levels.length - 1) {
        x = conv2d(down.at("downsamplers", 0, "conv"), x, { features, stride: 2, padding: config.downPadding });
        skips.push(x);
      }
    });

    const { features } = levels.at(-1)!;
    x = resnetBlock(p.at("mid_block", "resnets", 0), x, { features, ...block });
    if (middle) x = pixelAttention(p.at("mid_block", "attentions", 0), x, { ...middle, epsilon });
    x = resnetBlock(p.at("mid_block", "resnets", 1), x, { features, ...block });

    levels.toReversed().forEach(({ features, upHeads: heads }, i) => {
      const up = p.at("up_blocks", i);
      for (let j = 0; j < config.resnets + 1; j++) {
        x = resnetBlock(up.at("resnets", j), concat([x, skips.pop()!], 1), { features, ...block });
        if (heads !== undefined) x = pixelAttention(up.at("attentions", j), x, { groups, epsilon, heads });
      }
      if (i < levels.length - 1) {
        const [, , height, width] = skips.at(-1)!.dims;
        x = conv2d(up.at("upsamplers", 0, "conv"), resizeNearest(x, { height, width }), { features });
      }
    });

    x = silu(groupNorm(p.at("conv_norm_out"), x, { groups, epsilon }));
    return conv2d(p.at("conv_out"), x, { features: config.outChannels });
  },
);

/** Inputs `sample` [batch,C,height,width], `timestep` [batch], and with classes `classLabels` [batch]; output `out`. */
export function unet2dGraph(config: UNet2dConfig): Graph {
  const batch = symbol("batch");
  const inputs: UNet2dInputs = {
    sample: input("sample", [batch, config.inChannels, symbol("height"), symbol("width")]),
    timestep: input("timestep", [batch]),
    ...(config.classes !== undefined && { classLabels: input("classLabels", [batch], "int64") }),
  };
  return graphOf("unet", { out: unet2d(parameters(), inputs, config) });
}

/** Options that exist in diffusers and have one form here. */
const fixed: Readonly<Record<string, readonly unknown[]>> = {
  act_fn: ["silu", "swish"],
  attention_legacy_order: [false],
  center_input_sample: [false],
  class_embed_type: [],
  downsample_type: ["conv"],
  mid_block_scale_factor: [1],
  mid_block_type: ["UNetMidBlock2D"],
  time_embedding_dim: [],
  time_embedding_type: ["positional"],
  upsample_type: ["conv"],
};

/** The UNet a published config.json describes. Throws Error that names a field this implementation does not have. */
export function unet2dConfig(published: PublishedConfig): UNet2dConfig {
  const read = new ConfigReader(published, "UNet2DModel");
  for (const [key, allowed] of Object.entries(fixed)) read.only(key, ...allowed);
  const features = read.numbers("block_out_channels");
  // Null is one head as wide as the level.
  const headWidth = published.attention_head_dim === null ? undefined : read.number("attention_head_dim", 8);
  const headsOf = (width: number) => width / (headWidth ?? width);
  const down = read.eachOf("down_block_types", ["DownBlock2D", "AttnDownBlock2D"], features.length);
  const up = read.eachOf("up_block_types", ["UpBlock2D", "AttnUpBlock2D"], features.length).toReversed();
  const groups = read.number("norm_num_groups", 32);
  const padding = read.number("downsample_padding", 1);
  const scaleShift = read.oneOf("resnet_time_scale_shift", ["default", "scale_shift"], "default") === "scale_shift";
  return {
    inChannels: read.number("in_channels", 3),
    outChannels: read.number("out_channels", 3),
    levels: features.map((width, i) => ({
      features: width,
      downHeads: down[i] === "AttnDownBlock2D" ? headsOf(width) : undefined,
      upHeads: up[i] === "AttnUpBlock2D" ? headsOf(width) : undefined,
    })),
    resnets: read.number("layers_per_block", 2),
    middle: read.boolean("add_attention", true)
      ? {
          heads: headsOf(features.at(-1)!),
          // diffusers leaves the norm away with scale_shift unless its groups are given.
          groups: read.has("attn_norm_num_groups")
            ? read.number("attn_norm_num_groups")
            : scaleShift
              ? undefined
              : groups,
        }
      : undefined,
    groups,
    epsilon: read.number("norm_eps", 1e-5),
    scaleShift,
    downPadding: padding === 0 ? [0, 0, 1, 1] : [padding, padding, padding, padding],
    timeCode: {
      width: features[0],
      cosineFirst: read.boolean("flip_sin_to_cos", true),
      shift: read.number("freq_shift", 0),
    },
    ...(read.has("num_class_embeds") && { classes: read.number("num_class_embeds") }),
  };
}
