// The convolutional encoder and decoder that all latent diffusion autoencoders share (arXiv 2112.10752, appendix G;
// VQGAN, arXiv 2012.09841, table 7). Parameter names are those of diffusers' Encoder and Decoder.

import { multiplyDims } from "../graph/dim.ts";
import { silu } from "../graph/ops/elementwise.ts";
import { resizeNearest } from "../graph/ops/shape.ts";
import { layer } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { conv2d, groupNorm, known } from "../nn/layers.ts";
import { pixelAttention } from "../nn/pixel-attention.ts";
import { resnetBlock } from "../nn/resnet.ts";
import type { ConfigReader } from "./config.ts";

/** Sizes of an autoencoder's two towers. */
export interface TowerConfig {
  /** Channels of the picture: 3, or 4 with transparency. */
  readonly imageChannels: number;
  readonly latentChannels: number;
  /** Channels per resolution; each but the last halves the picture. */
  readonly features: readonly number[];
  /** Whether attention follows each residual block, per resolution, in the encoder and in the decoder. */
  readonly attention?: { readonly encoder: readonly boolean[]; readonly decoder: readonly boolean[] };
  readonly resnets: number;
  readonly groups: number;
  readonly middleAttention: boolean;
}

const epsilon = 1e-6;

/** x [N,C,H,W] → [N,outputs,H/f,W/f]. */
export const encoderTower = layer(
  (
    p: Params,
    x: Value,
    {
      features,
      attention,
      resnets,
      groups,
      middleAttention,
      outputs,
    }: Omit<TowerConfig, "imageChannels" | "latentChannels"> & { outputs: number },
  ): Value => {
    let h = conv2d(p.at("conv_in"), x, { features: features[0] });
    features.forEach((width, i) => {
      const down = p.at("down_blocks", i);
      for (let j = 0; j < resnets; j++) {
        h = resnetBlock(down.at("resnets", j), h, { features: width, groups, epsilon });
        if (attention?.encoder[i]) h = pixelAttention(down.at("attentions", j), h, { groups, epsilon });
      }
      // Zeros on the right and below only.
      if (i < features.length - 1)
        h = conv2d(down.at("downsamplers", 0, "conv"), h, { features: width, stride: 2, padding: [0, 0, 1, 1] });
    });
    h = middle(p.at("mid_block"), h, { groups, attend: middleAttention });
    return conv2d(p.at("conv_out"), silu(groupNorm(p.at("conv_norm_out"), h, { groups, epsilon })), {
      features: outputs,
    });
  },
);

/** z [N,z,h,w] → [N,imageChannels,fh,fw]. */
export const decoderTower = layer(
  (
    p: Params,
    z: Value,
    { features, attention, resnets, groups, middleAttention, imageChannels }: TowerConfig,
  ): Value => {
    let h = conv2d(p.at("conv_in"), z, { features: features.at(-1)! });
    h = middle(p.at("mid_block"), h, { groups, attend: middleAttention });
    features.toReversed().forEach((width, i) => {
      const up = p.at("up_blocks", i);
      const attend = attention?.decoder[features.length - 1 - i];
      for (let j = 0; j < resnets + 1; j++) {
        h = resnetBlock(up.at("resnets", j), h, { features: width, groups, epsilon });
        if (attend) h = pixelAttention(up.at("attentions", j), h, { groups, epsilon });
      }
      if (i < features.length - 1) {
        const [, , height, breadth] = h.dims;
        h = conv2d(
          up.at("upsamplers", 0, "conv"),
          resizeNearest(h, { height: multiplyDims(height, 2), width: multiplyDims(breadth, 2) }),
          { features: width },
        );
      }
    });
    return conv2d(p.at("conv_out"), silu(groupNorm(p.at("conv_norm_out"), h, { groups, epsilon })), {
      features: imageChannels,
    });
  },
);

/** Resnet, attention over all positions, resnet, at the lowest resolution. */
const middle = layer((p: Params, x: Value, { groups, attend }: { groups: number; attend: boolean }): Value => {
  const features = known(x, 1);
  x = resnetBlock(p.at("resnets", 0), x, { features, groups, epsilon });
  if (attend) x = pixelAttention(p.at("attentions", 0), x, { groups, epsilon });
  return resnetBlock(p.at("resnets", 1), x, { features, groups, epsilon });
});

/** The towers' sizes in a published config.json. Throws Error that names a field this implementation does not have. */
export function towerConfig(read: ConfigReader): TowerConfig {
  read.only("act_fn", "silu");
  const features = read.numbers("block_out_channels");
  const attends = (key: string, plain: string) =>
    read.eachOf(key, [plain, `Attn${plain}`], features.length).map((type) => type !== plain);
  const encoder = attends("down_block_types", "DownEncoderBlock2D");
  const decoder = attends("up_block_types", "UpDecoderBlock2D").toReversed();
  return {
    imageChannels: read.number("in_channels", 3),
    latentChannels: read.number("latent_channels", 4),
    features,
    ...([...encoder, ...decoder].includes(true) && { attention: { encoder, decoder } }),
    resnets: read.number("layers_per_block", 2),
    groups: read.number("norm_num_groups", 32),
    middleAttention: read.boolean("mid_block_add_attention", true),
  };
}
