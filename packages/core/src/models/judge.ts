// A network that says what a picture shows and in which style: the judge of generated pictures, and the features of their Fréchet
// distance. Features come from a small residual network that learnt nothing else, or from MobileNetV2, which somebody trained on
// photographs.

import { symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { add, multiply, relu } from "../graph/ops/elementwise.ts";
import { mean } from "../graph/ops/reduce.ts";
import { input, scalar } from "../graph/ops/source.ts";
import { layer, parameters, storedParameter } from "../graph/params.ts";
import type { MakeParameter, Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { byteParameter } from "../nn/byte-parameter.ts";
import { conv2d, groupNorm, known, linear } from "../nn/layers.ts";
import { ConfigReader } from "./config.ts";
import type { PublishedConfig } from "./config.ts";
import { mobileNetV2 } from "./mobilenet-v2.ts";

/** A judge's sizes. */
export interface JudgeConfig {
  readonly imageChannels: number;
  /** Side of its pictures; for MobileNetV2 a multiple of 32. */
  readonly imageSize: number;
  readonly trunk: ResidualTrunk | MobileNetTrunk;
  readonly concepts: number;
  readonly styles: number;
}

/** A small residual network (arXiv 1512.03385). Group norm (arXiv 1803.08494), so that batches do not matter. */
export interface ResidualTrunk {
  readonly kind: "residual";
  /** Pixels from one place of the first convolution to the next: 2 takes a quarter of the time, and still sees them all. */
  readonly stem: number;
  /** Channels per resolution; each after the first halves the picture. 32, 64, 128, 256: 1.2 million weights. */
  readonly features: readonly number[];
  /** Residual blocks per resolution. */
  readonly blocks: number;
  readonly groups: number;
}

/** MobileNetV2 before its last halving, 576 features; its weights are bytes on a grid (nn/byte-parameter.ts) below "trunk". */
export interface MobileNetTrunk {
  readonly kind: "mobilenet_v2";
}

/** What the judge makes of pictures. */
export interface JudgeOutputs {
  /** [N,D], D the channels that the trunk ends with. */
  readonly features: Value;
  /** Scores per concept and per style, before the softmax. */
  readonly concepts: Value;
  readonly styles: Value;
}

/** image [N,C,S,S] in [-1,1]. */
export const judge = layer((p: Params, image: Value, config: JudgeConfig): JudgeOutputs => {
  const features = judgeFeatures(p, image, config);
  return {
    features,
    concepts: linear(p.at("concept_head"), features, { features: config.concepts }),
    styles: linear(p.at("style_head"), features, { features: config.styles }),
  };
});

/** image [N,C,S,S] in [-1,1] → [N,D]. */
export const judgeFeatures = (p: Params, image: Value, { trunk }: Pick<JudgeConfig, "trunk">): Value =>
  mean(trunk.kind === "residual" ? residualTrunk(p, image, trunk) : mobileNetTrunk(p, image), { axes: [2, 3] });

const mobileNetTrunk = (p: Params, image: Value): Value =>
  mobileNetV2(p.at("trunk"), multiply(add(image, scalar(1)), scalar(0.5)), { at: "block_13_expand" });

function residualTrunk(p: Params, image: Value, { stem, features: widths, blocks, groups }: ResidualTrunk): Value {
  let x = conv2d(p.at("stem"), image, { features: widths[0], kernel: 2 * stem + 1, stride: stem, padding: stem });
  widths.forEach((features, i) => {
    for (let j = 0; j < blocks; j++) {
      const stride = i > 0 && j === 0 ? 2 : 1;
      x = residualBlock(p.at("stages", i, j), x, { features, groups, stride });
    }
  });
  return relu(normalized(p.at("norm"), x, groups));
}

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

/** What the names of MobileNetV2's weights begin with in a judge's file. */
export const trunkPrefix = "trunk.";

/** Weights as a judge's file has them. */
const judgeParameter: MakeParameter = (name, dims) =>
  (name.startsWith(trunkPrefix) ? byteParameter : storedParameter)(name, dims);

/** Input `image` [batch,C,S,S] in [-1,1]; outputs `features`, `concepts`, `styles` (see JudgeOutputs). */
export const judgeGraph = (config: JudgeConfig): Graph =>
  graphOf("judge", { ...judge(parameters(judgeParameter), imageInput(config), config) });

/** The same input; output `features` alone, for a judge that has no heads yet. */
export const judgeFeaturesGraph = (config: Omit<JudgeConfig, "concepts" | "styles">): Graph =>
  graphOf("judge's features", { features: judgeFeatures(parameters(judgeParameter), imageInput(config), config) });

const imageInput = ({ imageChannels, imageSize }: Pick<JudgeConfig, "imageChannels" | "imageSize">): Value =>
  input("image", [symbol("batch"), imageChannels, imageSize, imageSize]);

/** Length of its features. */
export const judgeWidth = ({ trunk }: Pick<JudgeConfig, "trunk">): number =>
  trunk.kind === "residual" ? trunk.features.at(-1)! : 576;

/** The judge that a config.json describes. */
export function judgeConfig(published: PublishedConfig): JudgeConfig {
  const read = new ConfigReader(published, "Judge");
  return {
    imageChannels: read.number("in_channels", 3),
    imageSize: read.number("sample_size", 64),
    trunk: trunks[read.oneOf("trunk", trunkKinds, "residual")](read),
    concepts: read.number("num_concepts"),
    styles: read.number("num_styles"),
  };
}

const trunks = {
  residual: (read: ConfigReader): ResidualTrunk => ({
    kind: "residual",
    stem: read.number("stem_stride", 1),
    features: read.numbers("block_out_channels", [32, 64, 128, 256]),
    blocks: read.number("layers_per_block", 1),
    groups: read.number("norm_num_groups", 8),
  }),
  mobilenet_v2: (): MobileNetTrunk => ({ kind: "mobilenet_v2" }),
};
const trunkKinds = Object.keys(trunks) as (keyof typeof trunks)[];
