// Stable Diffusion's safety checker (Rando et al. 2022, arXiv 2210.04610): a picture is flagged when CLIP sees it too
// close to one of some concepts. Parameter names are those of diffusers' StableDiffusionSafetyChecker.

import { symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { add, greater, subtract, where } from "../graph/ops/elementwise.ts";
import { matmul } from "../graph/ops/linear-algebra.ts";
import { max } from "../graph/ops/reduce.ts";
import { input, scalar } from "../graph/ops/source.ts";
import { parameters } from "../graph/params.ts";
import { linear } from "../nn/layers.ts";
import { unitVectors } from "./clip.ts";
import { clipVision } from "./clip-vision.ts";
import type { ClipVisionConfig } from "./clip-vision.ts";

/** Concepts in the published checker: 17 that flag a picture, 3 that make it stricter. */
const published = { concepts: 17, special: 3 };

/**
 * Input `pixels` [batch,3,S,S]; outputs `conceptCosines` [batch,17], `specialCosines` [batch,3] and `flag` [batch], 1 for
 * a picture to hide. A special concept that is near lowers the other thresholds by 0.01.
 */
export function safetyCheckerGraph(config: ClipVisionConfig, { concepts, special } = published): Graph {
  const { imageChannels, imageSize, projection } = config;
  const p = parameters();
  const pixels = input("pixels", [symbol("batch"), imageChannels, imageSize, imageSize]);
  // The checker holds a whole CLIPVisionModel, and the projection beside it.
  const { pooled } = clipVision(p.at("vision_model"), pixels, config);
  const imageEmbeds = linear(p.at("visual_projection"), pooled, { features: projection, bias: false });
  const cosines = (name: string, count: number) =>
    matmul(unitVectors(imageEmbeds), unitVectors(p.parameter(name, [count, projection])), { transposeB: true });
  const excess = (values: typeof pixels, name: string, count: number) =>
    max(subtract(values, p.parameter(`${name}_weights`, [count])), { axes: [1] });

  const specialCosines = cosines("special_care_embeds", special);
  const conceptCosines = cosines("concept_embeds", concepts);
  const [zero, one] = [scalar(0), scalar(1)];
  const threshold = scalar(0.0005); // scores are rounded to three decimals, and flag above 0
  const strict = greater(excess(specialCosines, "special_care_embeds", special), threshold);
  const score = add(excess(conceptCosines, "concept_embeds", concepts), where(strict, scalar(0.01), zero));
  return graphOf("safety_checker", {
    conceptCosines,
    specialCosines,
    flag: where(greater(score, threshold), one, zero),
  });
}
