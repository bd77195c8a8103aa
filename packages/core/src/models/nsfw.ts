// nsfwjs's classifier of unsafe pictures: MobileNetV2 (arXiv 1801.04381) with three dense layers. Modules have the names
// of the published Keras model, their weights those of torch.

import { symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { conv2d as convolve } from "../graph/ops/convolution.ts";
import { add, minimum, relu } from "../graph/ops/elementwise.ts";
import { mean } from "../graph/ops/reduce.ts";
import { softmax } from "../graph/ops/softmax.ts";
import { input, scalar } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { batchNorm } from "../nn/batch-norm.ts";
import { byteParameter } from "../nn/byte-parameter.ts";
import { conv2d, known, linear } from "../nn/layers.ts";
import { ConfigReader } from "./config.ts";
import type { PublishedConfig } from "./config.ts";

/** What is published of a classifier beside its weights. */
export interface NsfwConfig {
  /** Side of its pictures, a multiple of 32. */
  readonly imageSize: number;
  /** Names of the classes in the order of their probabilities. */
  readonly classes: readonly string[];
}

/** Table 2 of the paper: expansion, channels, blocks, stride of the first one. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** x [N,3,S,S] in [0,1] → probabilities [N,K]. */
export const nsfwClassifier = layer((p: Params, x: Value, { classes }: NsfwConfig): Value => {
  let h = conv2d(p.at("Conv1"), x, { features: 32, stride: 2, padding: halving, bias: false }); // [N,32,S/2,S/2]
  h = relu6(normalized(p.at("bn_Conv1"), h));
  let block = 0;
  for (const [expansion, features, blocks, firstStride] of stages) {
    for (let i = 0; i < blocks; i++, block++) {
      const name = block === 0 ? "expanded_conv" : `block_${block}`;
      h = invertedResidual(p, h, { name, expansion, features, stride: i === 0 ? firstStride : 1 });
    }
  } // [N,320,S/32,S/32]
  h = relu6(normalized(p.at("Conv_1_bn"), pointwise(p.at("Conv_1"), h, 1280)));
  h = mean(h, { axes: [2, 3] }); // [N,1280]
  h = relu(linear(p.at("dense_1"), h, { features: 256 }));
  h = relu(linear(p.at("dense_2"), h, { features: 128 }));
  return softmax(linear(p.at("dense_3"), h, { features: classes.length }));
});

/** Wider, a depthwise convolution, narrower again without an activation; added to x where the size stays (§3.3). */
const invertedResidual = layer(
  (
    p: Params,
    x: Value,
    { name, expansion, features, stride }: { name: string; expansion: number; features: number; stride: number },
  ): Value => {
    const part = (suffix: string) => p.at(`${name}_${suffix}`);
    const width = expansion * known(x, 1);
    let h = x;
    if (expansion > 1) h = relu6(normalized(part("expand_BN"), pointwise(part("expand"), h, width)));
    const weight = part("depthwise").parameter("weight", [width, 1, 3, 3]);
    const padding = stride === 2 ? halving : ([1, 1, 1, 1] as const);
    h = relu6(normalized(part("depthwise_BN"), convolve(h, weight, undefined, { stride, padding, groups: width })));
    h = normalized(part("project_BN"), pointwise(part("project"), h, features));
    return stride === 1 && known(x, 1) === features ? add(x, h) : h;
  },
);

/** Where Keras pads even pictures that a stride of 2 halves: at the bottom and at the right. */
const halving = [0, 0, 1, 1] as const;

const pointwise = (p: Params, x: Value, features: number): Value => conv2d(p, x, { features, kernel: 1, bias: false });
const normalized = (p: Params, x: Value): Value => batchNorm(p, x, { epsilon: 1e-3 });
const relu6 = (x: Value): Value => minimum(relu(x), scalar(6));

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
