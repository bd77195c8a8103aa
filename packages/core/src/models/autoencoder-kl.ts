// The autoencoder between pictures and latents (latent diffusion, arXiv 2112.10752, §3.1 and appendix G).
// Parameter names are those of diffusers' AutoencoderKL.

import { symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { slice } from "../graph/ops/shape.ts";
import { input } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { conv2d } from "../nn/layers.ts";
import { decoderTower, encoderTower, towerConfig } from "./autoencoder.ts";
import type { TowerConfig } from "./autoencoder.ts";
import { ConfigReader } from "./config.ts";
import type { PublishedConfig } from "./config.ts";

/** An autoencoder's sizes and switches. */
export interface AutoencoderKlConfig extends TowerConfig {
  /** 1×1 convolutions at the latents. */
  readonly quantConv: boolean;
  readonly postQuantConv: boolean;
  /** Latents of the diffusion model = (z − shiftFactor)·scalingFactor. */
  readonly scalingFactor: number;
  readonly shiftFactor: number;
  /** Side of the pictures it was trained on, in pixels: the size of tiles. */
  readonly sampleSize: number;
  /** Pixels per latent along one side: 2^(resolutions − 1). */
  readonly factor: number;
}

/** x [N,3,H,W] in [-1,1] → mean and logarithm of the variance, each [N,z,H/f,W/f]. */
export const encode = layer((p: Params, x: Value, config: AutoencoderKlConfig) => {
  const { latentChannels, quantConv } = config;
  const outputs = 2 * latentChannels;
  let h = encoderTower(p.at("encoder"), x, { ...config, outputs });
  if (quantConv) h = conv2d(p.at("quant_conv"), h, { features: outputs, kernel: 1 });
  return {
    mean: slice(h, { axis: 1, start: 0, end: latentChannels }),
    logVariance: slice(h, { axis: 1, start: latentChannels, end: outputs }),
  };
});

/** z [N,z,h,w] (latents/scalingFactor + shiftFactor) → picture [N,3,fh,fw], about [-1,1]. */
export const decode = layer((p: Params, z: Value, config: AutoencoderKlConfig): Value => {
  const { latentChannels, postQuantConv } = config;
  const h = postQuantConv ? conv2d(p.at("post_quant_conv"), z, { features: latentChannels, kernel: 1 }) : z;
  return decoderTower(p.at("decoder"), h, config);
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
  const towers = towerConfig(read);
  return {
    ...towers,
    quantConv: read.boolean("use_quant_conv", true),
    postQuantConv: read.boolean("use_post_quant_conv", true),
    scalingFactor: read.number("scaling_factor", 0.18215),
    shiftFactor: read.has("shift_factor") ? read.number("shift_factor") : 0,
    sampleSize: read.number("sample_size", 512),
    factor: 2 ** (towers.features.length - 1),
  };
}
