// The autoencoder between pictures and latents (latent diffusion, arXiv 2112.10752, §3.1 and appendix G).
// Parameter names are those of diffusers' AutoencoderKL.

import { multiplyDims, symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { attention } from "../graph/ops/attention.ts";
import { add, silu } from "../graph/ops/elementwise.ts";
import { reshape, resizeNearest, slice, transpose } from "../graph/ops/shape.ts";
import { input } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { conv2d, groupNorm, known, linear } from "../nn/layers.ts";
import { resnetBlock } from "../nn/resnet.ts";
import { ConfigReader } from "./config.ts";
import type { PublishedConfig } from "./config.ts";

/** An autoencoder's sizes and switches. */
export interface AutoencoderKlConfig {
  readonly imageChannels: number;
  readonly latentChannels: number;
  /** Channels per resolution; each but the last halves the picture. */
  readonly features: readonly number[];
  readonly resnets: number;
  readonly groups: number;
  /** 1×1 convolutions at the latents. */
  readonly quantConv: boolean;
  readonly postQuantConv: boolean;
  readonly middleAttention: boolean;
  /** Latents of the diffusion model = (z − shiftFactor)·scalingFactor. */
  readonly scalingFactor: number;
  readonly shiftFactor: number;
  /** Side of the pictures it was trained on, in pixels: the size of tiles. */
  readonly sampleSize: number;
  /** Pixels per latent along one side: 2^(resolutions − 1). */
  readonly factor: number;
}

const epsilon = 1e-6;

/** x [N,3,H,W] in [-1,1] → mean and logarithm of the variance, each [N,z,H/f,W/f]. */
export const encode = layer(
  (
    p: Params,
    x: Value,
    { features, resnets, groups, latentChannels, quantConv, middleAttention }: AutoencoderKlConfig,
  ) => {
    const encoder = p.at("encoder");
    let h = conv2d(encoder.at("conv_in"), x, { features: features[0] });
    features.forEach((width, i) => {
      const down = encoder.at("down_blocks", i);
      for (let j = 0; j < resnets; j++) h = resnetBlock(down.at("resnets", j), h, { features: width, groups, epsilon });
      // Zeros on the right and below only.
      if (i < features.length - 1)
        h = conv2d(down.at("downsamplers", 0, "conv"), h, { features: width, stride: 2, padding: [0, 0, 1, 1] });
    });
    h = middle(encoder.at("mid_block"), h, { groups, attend: middleAttention });
    h = conv2d(encoder.at("conv_out"), silu(groupNorm(encoder.at("conv_norm_out"), h, { groups, epsilon })), {
      features: 2 * latentChannels,
    });
    if (quantConv) h = conv2d(p.at("quant_conv"), h, { features: 2 * latentChannels, kernel: 1 });
    return {
      mean: slice(h, { axis: 1, start: 0, end: latentChannels }),
      logVariance: slice(h, { axis: 1, start: latentChannels, end: 2 * latentChannels }),
    };
  },
);

/** z [N,z,h,w] (latents/scalingFactor + shiftFactor) → picture [N,3,fh,fw], about [-1,1]. */
export const decode = layer(
  (
    p: Params,
    z: Value,
    { features, resnets, groups, latentChannels, postQuantConv, middleAttention, imageChannels }: AutoencoderKlConfig,
  ): Value => {
    const decoder = p.at("decoder");
    let h = postQuantConv ? conv2d(p.at("post_quant_conv"), z, { features: latentChannels, kernel: 1 }) : z;
    h = conv2d(decoder.at("conv_in"), h, { features: features.at(-1)! });
    h = middle(decoder.at("mid_block"), h, { groups, attend: middleAttention });
    features.toReversed().forEach((width, i) => {
      const up = decoder.at("up_blocks", i);
      for (let j = 0; j < resnets + 1; j++)
        h = resnetBlock(up.at("resnets", j), h, { features: width, groups, epsilon });
      if (i < features.length - 1) {
        const [, , height, breadth] = h.dims;
        h = conv2d(
          up.at("upsamplers", 0, "conv"),
          resizeNearest(h, { height: multiplyDims(height, 2), width: multiplyDims(breadth, 2) }),
          { features: width },
        );
      }
    });
    return conv2d(decoder.at("conv_out"), silu(groupNorm(decoder.at("conv_norm_out"), h, { groups, epsilon })), {
      features: imageChannels,
    });
  },
);

/** Resnet, attention over all positions, resnet, at the lowest resolution. */
const middle = layer((p: Params, x: Value, { groups, attend }: { groups: number; attend: boolean }): Value => {
  const features = known(x, 1);
  x = resnetBlock(p.at("resnets", 0), x, { features, groups, epsilon });
  if (attend) x = selfAttention(p.at("attentions", 0), x, { groups });
  return resnetBlock(p.at("resnets", 1), x, { features, groups, epsilon });
});

/** x [N,C,H,W] → [N,C,H,W]: one head of width C over all positions, plus x. */
const selfAttention = layer((p: Params, x: Value, { groups }: { groups: number }): Value => {
  const [n, , height, width] = x.dims;
  const features = known(x, 1);
  const normal = groupNorm(p.at("group_norm"), reshape(x, [n, features, multiplyDims(height, width)]), {
    groups,
    epsilon,
  });
  const tokens = transpose(normal, [0, 2, 1]); // [N,HW,C]
  const [q, k, v] = ["to_q", "to_k", "to_v"].map((name) => linear(p.at(name), tokens, { features }));
  const out = linear(p.at("to_out", 0), attention(q, k, v, { heads: 1 }), { features });
  return add(reshape(transpose(out, [0, 2, 1]), x.dims), x);
});

/** Input `image` [batch,3,height,width]; outputs `mean`, `logVariance`. */
export function encoderGraph(config: AutoencoderKlConfig): Graph {
  const image = input("image", [symbol("batch"), config.imageChannels, symbol("height"), symbol("width")]);
  return graphOf("vae_encoder", encode(parameters(), image, config));
}

/** Input `latents` [batch,z,height,width]; output `image`. */
export function decoderGraph(config: AutoencoderKlConfig): Graph {
  const latents = input("latents", [symbol("batch"), config.latentChannels, symbol("height"), symbol("width")]);
  return graphOf("vae_decoder", { image: decode(parameters(), latents, config) });
}

/** The autoencoder a published config.json describes. Throws Error that names a field this implementation does not have. */
export function autoencoderKlConfig(published: PublishedConfig): AutoencoderKlConfig {
  const read = new ConfigReader(published, "AutoencoderKL");
  read.only("act_fn", "silu");
  const features = read.numbers("block_out_channels");
  const blockTypes = (key: string, type: string) => {
    const types = read.strings(key, new Array<string>(features.length).fill(type));
    const other = types.find((name) => name !== type);
    if (other !== undefined) throw new Error(`Cannot build AutoencoderKL: block type "${other}" ("${type}" is wanted)`);
  };
  blockTypes("down_block_types", "DownEncoderBlock2D");
  blockTypes("up_block_types", "UpDecoderBlock2D");
  return {
    imageChannels: read.number("in_channels", 3),
    latentChannels: read.number("latent_channels", 4),
    features,
    resnets: read.number("layers_per_block", 2),
    groups: read.number("norm_num_groups", 32),
    quantConv: read.boolean("use_quant_conv", true),
    postQuantConv: read.boolean("use_post_quant_conv", true),
    middleAttention: read.boolean("mid_block_add_attention", true),
    scalingFactor: read.number("scaling_factor", 0.18215),
    shiftFactor: read.has("shift_factor") ? read.number("shift_factor") : 0,
    sampleSize: read.number("sample_size", 512),
    factor: 2 ** (features.length - 1),
  };
}
