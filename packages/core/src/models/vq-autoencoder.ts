// The autoencoder with a codebook (VQ-VAE, arXiv 1711.00937; VQGAN, arXiv 2012.09841, §3.1; latent diffusion's "VQ-reg").
// Parameter names are those of diffusers' VQModel.

import { multiplyDims, symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { add, multiply, subtract } from "../graph/ops/elementwise.ts";
import { matmul } from "../graph/ops/linear-algebra.ts";
import { argMax, embedding } from "../graph/ops/lookup.ts";
import { mean, sum } from "../graph/ops/reduce.ts";
import { reshape, transpose } from "../graph/ops/shape.ts";
import { input, scalar, stopGradient } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { conv2d } from "../nn/layers.ts";
import { decoderTower, encoderTower, towerConfig } from "./autoencoder.ts";
import type { TowerConfig } from "./autoencoder.ts";
import { ConfigReader } from "./config.ts";
import type { PublishedConfig } from "./config.ts";

/** An autoencoder's sizes. */
export interface VqAutoencoderConfig extends TowerConfig {
  /** Entries of the codebook, and the channels of each. */
  readonly codes: number;
  readonly codeWidth: number;
  /** Latents of the diffusion model = z·scalingFactor. */
  readonly scalingFactor: number;
  /** Pixels per latent along one side: 2^(resolutions − 1). */
  readonly factor: number;
}

/** image [N,3,H,W] in [-1,1] → latents [N,codeWidth,H/f,W/f], before the codebook: what a diffusion model learns. */
export const encode = layer((p: Params, image: Value, config: VqAutoencoderConfig): Value => {
  const h = encoderTower(p.at("encoder"), image, { ...config, outputs: config.latentChannels });
  return conv2d(p.at("quant_conv"), h, { features: config.codeWidth, kernel: 1 });
});

/** Codes [N,codeWidth,h,w], as `quantize` gives them, → picture [N,3,fh,fw], about [-1,1]. */
export const decode = layer((p: Params, codes: Value, config: VqAutoencoderConfig): Value => {
  const h = conv2d(p.at("post_quant_conv"), codes, { features: config.latentChannels, kernel: 1 });
  return decoderTower(p.at("decoder"), h, config);
});

/** What the codebook makes of latents. */
export interface Quantized {
  /** The nearest codes [N,D,h,w]; their gradient passes straight to the latents. */
  readonly codes: Value;
  /** Their numbers, [N,h,w] int64. */
  readonly indices: Value;
  /** Draws codes to latents and, β-weighted, latents to codes. */
  readonly loss: Value;
}

/**
 * The nearest codes of z [N,D,h,w]. With `legacy`, as VQGAN and latent diffusion were trained, β weighs the term that
 * moves the codes: |sg(e) − z|² + β|e − sg(z)|²; otherwise, as in the paper, the one that commits the latents.
 */
export const quantize = layer(
  (
    p: Params,
    z: Value,
    { codes: count, beta = 0.25, legacy = true }: { codes: number; beta?: number; legacy?: boolean },
  ): Quantized => {
    const [n, width, height, breadth] = z.dims as [Value["dims"][0], number, Value["dims"][0], Value["dims"][0]];
    const codebook = p.at("embedding").parameter("weight", [count, width]);
    const rows = reshape(transpose(z, [0, 2, 3, 1]), [multiplyDims(n, height, breadth), width]); // [NHW,D]
    // argmin |z − e|² = argmax 2z·e − |e|²
    const products = multiply(matmul(rows, transpose(codebook, [1, 0])), scalar(2));
    const nearest = argMax(subtract(products, sum(multiply(codebook, codebook), { axes: [1] })));
    const indices = reshape(nearest, [n, height, breadth]);
    const found = transpose(embedding(codebook, indices), [0, 3, 1, 2]);

    const distance = (a: Value, b: Value) => {
      const difference = subtract(a, b);
      return mean(multiply(difference, difference));
    };
    const commitment = distance(stopGradient(found), z);
    const attraction = distance(found, stopGradient(z));
    const weighted = (term: Value) => multiply(term, scalar(beta));
    return {
      codes: add(z, stopGradient(subtract(found, z))),
      indices,
      loss: legacy ? add(commitment, weighted(attraction)) : add(weighted(commitment), attraction),
    };
  },
);

/** Input `image` [batch,3,height,width]; output `latents`. */
export function vqEncoderGraph(config: VqAutoencoderConfig): Graph {
  const image = input("image", [symbol("batch"), config.imageChannels, symbol("height"), symbol("width")]);
  return graphOf("vq_encoder", { latents: encode(parameters(), image, config) });
}

/**
 * Input `latents` [batch,codeWidth,height,width]; outputs `image`, and the codes' numbers `indices` unless `exact`:
 * then the latents are decoded as they are.
 */
export function vqDecoderGraph(config: VqAutoencoderConfig, { exact = false }: { exact?: boolean } = {}): Graph {
  const latents = input("latents", [symbol("batch"), config.codeWidth, symbol("height"), symbol("width")]);
  const p = parameters();
  if (exact) return graphOf("vq_decoder", { image: decode(p, latents, config) });
  const { codes, indices } = quantize(p.at("quantize"), latents, { codes: config.codes });
  return graphOf("vq_decoder", { image: decode(p, codes, config), indices });
}

/** The autoencoder a published config.json describes. Throws Error that names a field this implementation does not have. */
export function vqAutoencoderConfig(published: PublishedConfig): VqAutoencoderConfig {
  const read = new ConfigReader(published, "VQModel");
  read.only("norm_type", "group");
  read.only("lookup_from_codebook", false);
  const towers = towerConfig(read);
  return {
    ...towers,
    codes: read.number("num_vq_embeddings", 256),
    codeWidth: read.number("vq_embed_dim", towers.latentChannels),
    scalingFactor: read.number("scaling_factor", 0.18215),
    factor: 2 ** (towers.features.length - 1),
  };
}
