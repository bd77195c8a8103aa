// The tiny autoencoder (TAESD) that shows latents as pictures in milliseconds, for previews.
// Parameter names are those of diffusers' AutoencoderTiny. Source: Ollin Boer Bohan, madebyollin/taesd.

import { multiplyDims, symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { add, divide, multiply, relu, subtract, tanh } from "../graph/ops/elementwise.ts";
import { resizeNearest } from "../graph/ops/shape.ts";
import { input, scalar } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { conv2d, known } from "../nn/layers.ts";
import { ConfigReader } from "./config.ts";
import type { PublishedConfig } from "./config.ts";

/** A tiny autoencoder's sizes. */
export interface AutoencoderTinyConfig {
  readonly imageChannels: number;
  readonly latentChannels: number;
  /** Channels and residual blocks per resolution, in the order of the layers. */
  readonly encoder: readonly { readonly features: number; readonly blocks: number }[];
  readonly decoder: readonly { readonly features: number; readonly blocks: number }[];
  /** Latents are softly clamped to ± this before decoding. */
  readonly latentMagnitude: number;
  /** The diffusion model's latents are this autoencoder's times scalingFactor. */
  readonly scalingFactor: number;
}

/** image [N,3,H,W] in [-1,1] → latents [N,z,H/f,W/f]. */
export const encode = layer((p: Params, image: Value, { encoder, latentChannels }: AutoencoderTinyConfig): Value => {
  let index = 0;
  const next = () => p.at("encoder", "layers", index++);
  let x = divide(add(image, scalar(1)), scalar(2));
  encoder.forEach(({ features, blocks }, i) => {
    x = i === 0 ? conv2d(next(), x, { features }) : conv2d(next(), x, { features, stride: 2, bias: false });
    for (let j = 0; j < blocks; j++) x = block(next(), x, { features });
  });
  return conv2d(next(), x, { features: latentChannels });
});

/** latents [N,z,h,w] → image [N,3,fh,fw], about [-1,1]. */
export const decode = layer(
  (p: Params, latents: Value, { decoder, imageChannels, latentMagnitude }: AutoencoderTinyConfig): Value => {
    let index = 0;
    const next = () => p.at("decoder", "layers", index++);
    const magnitude = scalar(latentMagnitude);
    let x = multiply(tanh(divide(latents, magnitude)), magnitude);
    x = relu(conv2d(next(), x, { features: decoder[0].features }));
    index++; // the activation has a place in the sequence
    decoder.forEach(({ features, blocks }, i) => {
      const last = i === decoder.length - 1;
      for (let j = 0; j < blocks; j++) x = block(next(), x, { features });
      if (!last) {
        const [, , height, width] = x.dims;
        x = resizeNearest(x, { height: multiplyDims(height, 2), width: multiplyDims(width, 2) });
        index++; // so has the upsampling
      }
      x = conv2d(next(), x, { features: last ? imageChannels : features, bias: last });
    });
    return subtract(multiply(x, scalar(2)), scalar(1));
  },
);

/** Three convolutions and a skip. */
const block = layer((p: Params, x: Value, { features }: { features: number }): Value => {
  let h = relu(conv2d(p.at("conv", 0), x, { features }));
  h = relu(conv2d(p.at("conv", 2), h, { features }));
  h = conv2d(p.at("conv", 4), h, { features });
  const skip = known(x, 1) === features ? x : conv2d(p.at("skip"), x, { features, kernel: 1, bias: false });
  return relu(add(h, skip));
});

/** Input `image` [batch,3,height,width]; output `latents`. */
export function tinyEncoderGraph(config: AutoencoderTinyConfig): Graph {
  const image = input("image", [symbol("batch"), config.imageChannels, symbol("height"), symbol("width")]);
  return graphOf("tiny_encoder", { latents: encode(parameters(), image, config) });
}

/** Input `latents` [batch,z,height,width]; output `image`. */
export function tinyDecoderGraph(config: AutoencoderTinyConfig): Graph {
  const latents = input("latents", [symbol("batch"), config.latentChannels, symbol("height"), symbol("width")]);
  return graphOf("tiny_decoder", { image: decode(parameters(), latents, config) });
}

/** The tiny autoencoder a published config.json describes. */
export function autoencoderTinyConfig(published: PublishedConfig): AutoencoderTinyConfig {
  const read = new ConfigReader(published, "AutoencoderTiny");
  read.only("act_fn", "relu");
  read.only("upsample_fn", "nearest");
  read.only("upsampling_scaling_factor", 2);
  const stages = (side: "encoder" | "decoder", fallback: readonly number[]) => {
    const features = read.numbers(`${side}_block_out_channels`, [64, 64, 64, 64]);
    const blocks = read.numbers(`num_${side}_blocks`, fallback);
    return features.map((width, i) => ({ features: width, blocks: blocks[i] }));
  };
  return {
    imageChannels: read.number("in_channels", 3),
    latentChannels: read.number("latent_channels", 4),
    encoder: stages("encoder", [1, 3, 3, 3]),
    decoder: stages("decoder", [3, 3, 3, 1]),
    latentMagnitude: read.number("latent_magnitude", 3),
    scalingFactor: read.number("scaling_factor", 1),
  };
}
