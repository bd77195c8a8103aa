// CLIP's towers as a function of their loss.

import { symbol } from "../../graph/dim.ts";
import { input } from "../../graph/ops/source.ts";
import type { ClipConfig } from "../../models/clip.ts";
import { clipText } from "../../models/clip-text.ts";
import { clipVision } from "../../models/clip-vision.ts";
import { contrast } from "../losses/contrastive.ts";
import type { TrainingProgram } from "../session.ts";

/** Inputs: `pixels` [N,3,S,S] in [-1,1] and `ids` [N,T]. Parameters are those of transformers' CLIPModel. */
export function clipProgram({ text, vision }: ClipConfig): TrainingProgram {
  return {
    name: "clip",
    build(p) {
      const n = symbol("batch");
      const pixels = input("pixels", [n, vision.imageChannels, vision.imageSize, vision.imageSize]);
      const ids = input("ids", [n, text.positions], "int64");
      const pictures = clipVision(p, pixels, vision).imageEmbeds;
      const texts = clipText(p, ids, text).textEmbeds!;
      const { loss, accuracy } = contrast(pictures, texts, p.parameter("logit_scale", []));
      return { objectives: [{ name: "contrast", loss, trains: () => true }], metrics: { accuracy } };
    },
  };
}
