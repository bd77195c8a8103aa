// CLIP's image tower, a vision transformer (arXiv 2103.00020, §2.4; arXiv 2010.11929). Parameter names are those of
// transformers' CLIPVisionModelWithProjection.

import { multiplyDims, symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { add } from "../graph/ops/elementwise.ts";
import { concat, expand, reshape, slice, transpose } from "../graph/ops/shape.ts";
import { input } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { conv2d, layerNorm, linear } from "../nn/layers.ts";
import { clipLayer, clipLayerConfig } from "./clip-layer.ts";
import type { ClipLayerConfig } from "./clip-layer.ts";
import { ConfigReader } from "./config.ts";
import type { PublishedConfig } from "./config.ts";

/** An image tower's sizes. */
export interface ClipVisionConfig extends ClipLayerConfig {
  readonly imageChannels: number;
  /** Sides of the picture and of the patches that become tokens. */
  readonly imageSize: number;
  readonly patchSize: number;
  /** Width of `imageEmbeds`. */
  readonly projection: number;
}

/** What the image tower makes of pictures. */
export interface ClipVisionStates {
  /** States before the layers (0) and after each, [N,T,D]: a class token and one for each patch; not normalized. */
  readonly hidden: readonly Value[];
  /** The class token's normalized last state [N,D]. */
  readonly pooled: Value;
  /** The projected pooled state [N,P]. */
  readonly imageEmbeds: Value;
}

/** States of pixels [N,3,S,S], as image/clip-pixels.ts makes them. */
export const clipVision = layer((p: Params, pixels: Value, config: ClipVisionConfig): ClipVisionStates => {
  const { width, layers, imageSize, patchSize, epsilon, projection } = config;
  const [n] = pixels.dims;
  const model = p.at("vision_model");
  const embeddings = model.at("embeddings");
  const patches = (imageSize / patchSize) ** 2;
  const map = conv2d(embeddings.at("patch_embedding"), pixels, {
    features: width,
    kernel: patchSize,
    stride: patchSize,
    padding: 0,
    bias: false,
  }); // [N,D,S/P,S/P]
  const [, , rows, columns] = map.dims;
  const tokens = transpose(reshape(map, [n, width, multiplyDims(rows, columns)]), [0, 2, 1]);
  const first = expand(embeddings.parameter("class_embedding", [width]), [n, 1, width]);
  const place = embeddings.at("position_embedding").parameter("weight", [patches + 1, width]);
  const hidden = [layerNorm(model.at("pre_layrnorm"), add(concat([first, tokens], 1), place), { epsilon })]; // [N,T,D]
  for (let i = 0; i < layers; i++)
    hidden.push(clipLayer(model.at("encoder", "layers", i), hidden[i], config, { causal: false }));
  const last = reshape(slice(hidden[layers], { axis: 1, start: 0, end: 1 }), [n, width]);
  const pooled = layerNorm(model.at("post_layernorm"), last, { epsilon });
  const imageEmbeds = linear(p.at("visual_projection"), pooled, { features: projection, bias: false });
  return { hidden, pooled, imageEmbeds };
});

/** Input `pixels` [batch,3,S,S]; outputs `hidden.i` for i = 0…layers, `pooled`, `imageEmbeds` (see ClipVisionStates). */
export function clipVisionGraph(config: ClipVisionConfig): Graph {
  const { imageChannels, imageSize } = config;
  const pixels = input("pixels", [symbol("batch"), imageChannels, imageSize, imageSize]);
  const { hidden, pooled, imageEmbeds } = clipVision(parameters(), pixels, config);
  return graphOf("image_encoder", {
    ...Object.fromEntries(hidden.map((value, i) => [`hidden.${i}`, value])),
    pooled,
    imageEmbeds,
  });
}

/** The image tower a published config.json describes: its own, or the one nested in a whole CLIP's. */
export function clipVisionConfig(published: PublishedConfig): ClipVisionConfig {
  const nested = published.vision_config as PublishedConfig | undefined;
  const read = new ConfigReader({ ...nested, ...(nested ? {} : published) }, "CLIPVisionModel");
  const whole = new ConfigReader(published, "CLIPVisionModel");
  return {
    ...clipLayerConfig(read),
    imageChannels: read.number("num_channels", 3),
    imageSize: read.number("image_size", 224),
    patchSize: read.number("patch_size", 32),
    // A whole CLIP's own width counts for both towers.
    projection: whole.number("projection_dim", 512),
  };
}
