// Both towers of CLIP, and how well each picture and each text go together (arXiv 2103.00020, figure 3). Parameter names
// are those of transformers' CLIPModel.

import { symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { divide, exp, multiply, sqrt } from "../graph/ops/elementwise.ts";
import { matmul } from "../graph/ops/linear-algebra.ts";
import { sum } from "../graph/ops/reduce.ts";
import { input } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { clipText, clipTextConfig } from "./clip-text.ts";
import type { ClipTextConfig } from "./clip-text.ts";
import { clipVision, clipVisionConfig } from "./clip-vision.ts";
import type { ClipVisionConfig } from "./clip-vision.ts";
import { ConfigReader } from "./config.ts";
import type { PublishedConfig } from "./config.ts";

/** Both towers' sizes; their projections have one width. */
export interface ClipConfig {
  readonly text: ClipTextConfig;
  readonly vision: ClipVisionConfig;
}

/** What CLIP makes of pictures and texts. */
export interface ClipOutputs {
  /** Unit vectors [N,P] and [M,P]. */
  readonly imageEmbeds: Value;
  readonly textEmbeds: Value;
  /** Cosines times e^logit_scale, [N,M]. */
  readonly logits: Value;
}

/** Pixels [N,3,S,S] and ids [M,T] in one space. */
export const clip = layer(
  (p: Params, { pixels, ids }: { pixels: Value; ids: Value }, config: ClipConfig): ClipOutputs => {
    const imageEmbeds = unitVectors(clipVision(p, pixels, config.vision).imageEmbeds);
    const textEmbeds = unitVectors(clipText(p, ids, config.text).textEmbeds!);
    const scale = exp(p.parameter("logit_scale", []));
    const logits = multiply(matmul(imageEmbeds, textEmbeds, { transposeB: true }), scale);
    return { imageEmbeds, textEmbeds, logits };
  },
);

/** x [N,D] → x/|x|. */
export const unitVectors = (x: Value): Value => divide(x, sqrt(sum(multiply(x, x), { axes: [1], keep: true })));

/** Inputs `pixels` [images,3,S,S] and `ids` [texts,77]; outputs `imageEmbeds`, `textEmbeds`, `logits` (see ClipOutputs). */
export function clipGraph(config: ClipConfig): Graph {
  const { imageChannels, imageSize } = config.vision;
  const pixels = input("pixels", [symbol("images"), imageChannels, imageSize, imageSize]);
  const ids = input("ids", [symbol("texts"), config.text.positions], "int64");
  return graphOf("clip", { ...clip(parameters(), { pixels, ids }, config) });
}

/** The CLIP that a published config.json describes. */
export const clipConfig = (published: PublishedConfig): ClipConfig => ({
  text: clipTextTower(published),
  vision: clipVisionConfig(published),
});

/** Its text tower, or one that is published alone: the width of the embeddings stands beside the towers, not in them. */
export const clipTextTower = (published: PublishedConfig): ClipTextConfig => ({
  ...clipTextConfig(published, { withProjection: true }),
  projection: new ConfigReader(published, "CLIPModel").number("projection_dim", 512),
});
