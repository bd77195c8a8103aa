// A small residual network (arXiv 1512.03385) that says what a picture shows and in which style: the judge of generated
// pictures, and the features of their Fréchet distance. Group norm (arXiv 1803.08494), so that batches do not matter.

import { symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { add, relu } from "../graph/ops/elementwise.ts";
import { mean } from "../graph/ops/reduce.ts";
import { input } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { conv2d, groupNorm, known, linear } from "../nn/layers.ts";
import { ConfigReader } from "./config.ts";
import type { PublishedConfig } from "./config.ts";

/** A judge's sizes. */
export interface JudgeConfig {
  readonly imageChannels: number;
  /** Side of its pictures. */
  readonly imageSize: number;
  /** Pixels from one place of the first convolution to the next: 2 takes a quarter of the time, and still sees them all. */
  readonly stem: number;
  /** Channels per resolution; each after the first halves the picture. 32, 64, 128, 256: 1.2 million weights. */
  readonly features: readonly number[];
  /** Residual blocks per resolution. */
  readonly blocks: number;
  readonly groups: number;
  readonly concepts: number;
  readonly styles: number;
}

/** What the judge makes of pictures. */
export interface JudgeOutputs {
  /** [N,D], D the last resolution's channels. */
  readonly features: Value;
  /** Scores per concept and per style, before the softmax. */
  readonly concepts: Value;
  readonly styles: Value;
}

/** image [N,C,S,S] in [-1,1]. */
export const judge = layer((p: Params, image: Value, config: JudgeConfig): JudgeOutputs => {
  const { stem, features: widths, blocks, groups, concepts, styles } = config;
  let x = conv2d(p.at("stem"), image, { features: widths[0], kernel: 2 * stem + 1, stride: stem, padding: stem });
  widths.forEach((features, i) => {
    for (let j = 0; j < blocks; j++) {
      const stride = i > 0 && j === 0 ? 2 : 1;
      x = residualBlock(p.at("stages", i, j), x, { features, groups, stride });
    }
  });
  const features = mean(relu(normalized(p.at("norm"), x, groups)), { axes: [2, 3] });
  return {
    features,
    concepts: linear(p.at("concept_head"), features, { features: concepts }),
    styles: linear(p.at("style_head"), features, { features: styles }),
  };
});

/** Norm, ReLU, convolution twice, added to x (arXiv 1603.05027), or to a projection of it where the size changes. */
const residualBlock = layer(
  (p: Params, x: Value, { features, groups, stride }: { features: number; groups: number; stride: number }): Value => {
    const seen = relu(normalized(p.at("norm1"), x, groups));
    const h = conv2d(p.at("conv1"), seen, { features, stride });
    const residual = conv2d(p.at("conv2"), relu(normalized(p.at("norm2"), h, groups)), { features });
    const same = stride === 1 && known(x, 1) === features;
    return add(residual, same ? x : conv2d(p.at("shortcut"), seen, { features, kernel: 1, stride, padding: 0 }));
  },
);

const normalized = (p: Params, x: Value, groups: number): Value => groupNorm(p, x, { groups, epsilon: 1e-5 });

/** Input `image` [batch,C,S,S] in [-1,1]; outputs `features`, `concepts`, `styles` (see JudgeOutputs). */
export function judgeGraph(config: JudgeConfig): Graph {
  const { imageChannels, imageSize } = config;
  const image = input("image", [symbol("batch"), imageChannels, imageSize, imageSize]);
  return graphOf("judge", { ...judge(parameters(), image, config) });
}

/** The judge that a config.json describes. */
export function judgeConfig(published: PublishedConfig): JudgeConfig {
  const read = new ConfigReader(published, "Judge");
  return {
    imageChannels: read.number("in_channels", 3),
    imageSize: read.number("sample_size", 64),
    stem: read.number("stem_stride", 1),
    features: read.numbers("block_out_channels", [32, 64, 128, 256]),
    blocks: read.number("layers_per_block", 1),
    groups: read.number("norm_num_groups", 8),
    concepts: read.number("num_concepts"),
    styles: read.number("num_styles"),
  };
}
