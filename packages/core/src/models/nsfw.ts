// nsfwjs's classifier of unsafe pictures: MobileNetV2 (arXiv 1801.04381) with three dense layers. Modules have the names
// of the published Keras model, their weights those of torch.

import { symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { relu } from "../graph/ops/elementwise.ts";
import { mean } from "../graph/ops/reduce.ts";
import { softmax } from "../graph/ops/softmax.ts";
import { input } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { byteParameter } from "../nn/byte-parameter.ts";
import { linear } from "../nn/layers.ts";
import { ConfigReader } from "./config.ts";
import type { PublishedConfig } from "./config.ts";
import { mobileNetV2 } from "./mobilenet-v2.ts";

/** What is published of a classifier beside its weights. */
export interface NsfwConfig {
  /** Side of its pictures, a multiple of 32. */
  readonly imageSize: number;
  /** Names of the classes in the order of their probabilities. */
  readonly classes: readonly string[];
}

/** x [N,3,S,S] in [0,1] → probabilities [N,K]. */
export const nsfwClassifier = layer((p: Params, x: Value, { classes }: NsfwConfig): Value => {
  let h = mean(mobileNetV2(p, x, { at: "Conv_1" }), { axes: [2, 3] }); // [N,1280]
  h = relu(linear(p.at("dense_1"), h, { features: 256 }));
  h = relu(linear(p.at("dense_2"), h, { features: 128 }));
  return softmax(linear(p.at("dense_3"), h, { features: classes.length }));
});

/** Input `image` [batch,3,S,S] in [0,1]; output `probabilities` [batch,K]. Weights are bytes on a grid (nn/byte-parameter.ts). */
export function nsfwGraph(config: NsfwConfig): Graph {
  const image = input("image", [symbol("batch"), 3, config.imageSize, config.imageSize]);
  return graphOf("nsfw", { probabilities: nsfwClassifier(parameters(byteParameter), image, config) });
}

/** The classifier that a config.json describes. */
export function nsfwConfig(published: PublishedConfig): NsfwConfig {
  const read = new ConfigReader(published, "nsfwjs MobileNetV2");
  return { imageSize: read.number("image_size", 224), classes: read.strings("classes") };
}
