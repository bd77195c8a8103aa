// A judge in closed form: linear discriminants of concepts and styles on features of a MobileNetV2 that somebody trained on
// photographs. Where there are a handful of drawings of each thing, a network that learns from these alone does not come near it.

import { savePart } from "../checkpoints/save/model-parts.ts";
import { storedCopy } from "../checkpoints/save/stored-copies.ts";
import type { Dataset } from "../data/dataset.ts";
import { classNames, pictureClasses } from "../data/picture-classes.ts";
import type { ClassColumns } from "../data/picture-classes.ts";
import type { Engine } from "../runtime/engine.ts";
import { lockedMobileNet } from "../training/locked-networks.ts";
import { fittedJudgePublished } from "../training/save/published-configs.ts";
import { comparing } from "./feature-network.ts";
import { linearDiscriminant } from "./linear-discriminant.ts";
import type { LinearClassifier } from "./linear-discriminant.ts";
import { openFeatureExtractor } from "./picture-features.ts";
import type { PictureFeaturesOptions } from "./picture-features.ts";

/** What to fit, and to what. */
export interface FitJudgeOptions extends PictureFeaturesOptions {
  /** Pictures whose classes are known, more of them than there are classes. */
  readonly data: Dataset;
  readonly columns: ClassColumns;
  /** Folder of nsfwjs's MobileNetV2, as scripts/convert-nsfw.ts makes it. */
  readonly trunk: string;
  /** The judge's folder. */
  readonly out: string;
  /** Side that pictures are brought to, a multiple of 32: 128 by default. */
  readonly size?: number;
  /** How much of the features' covariances is taken away, from 0 to 1: 0.3 by default. */
  readonly shrinkage?: number;
}

/** What was fitted. */
export interface FittedJudge {
  readonly pictures: number;
  readonly concepts: number;
  readonly styles: number;
}

/** Fits a judge and writes it. Throws Error when a picture has no class or `trunk` is no such network, RangeError on too few pictures. */
export async function fitJudge(
  engine: Engine,
  { data, columns, trunk, out, size = 128, shrinkage = 0.3, ...extraction }: FitJudgeOptions,
): Promise<FittedJudge> {
  const described = Array.from({ length: data.length }, (_, i) => data.describe(i));
  const names = classNames(described, columns);
  const classes = described.map((example) => pictureClasses(example, columns));
  const network = await lockedMobileNet(trunk, { size });
  const extractor = await openFeatureExtractor(engine, comparing(network, "FD-judge"));
  const { features } = await extractor.extract(data, extraction).finally(extractor.close);

  const numbersOf = (kind: "concept" | "style", known: readonly string[]) =>
    classes.map((one) => known.indexOf(one[kind]));
  const head = (name: string, kind: "concept" | "style", known: readonly string[]) => {
    const fitted: LinearClassifier = linearDiscriminant(features, numbersOf(kind, known), {
      count: known.length,
      shrinkage,
    });
    return Object.entries(fitted).map(([leaf, value]) => [`${name}.${leaf}`, value] as const);
  };
  await savePart(out, {
    folder: "",
    weightsName: "model",
    config: fittedJudgePublished({ size, columns }, names),
    tensors: [
      ...Array.from(network.tensors, ([name, stored]) => [name, storedCopy(stored)] as const),
      ...head("concept_head", "concept", names.concepts),
      ...head("style_head", "style", names.styles),
    ],
  });
  return { pictures: data.length, concepts: names.concepts.length, styles: names.styles.length };
}
