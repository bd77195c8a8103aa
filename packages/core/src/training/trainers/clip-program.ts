// CLIP's towers as a function of their loss.

import { symbol } from "../../graph/dim.ts";
import { input } from "../../graph/ops/source.ts";
import type { Params } from "../../graph/params.ts";
import { clipText } from "../../models/clip-text.ts";
import type { ClipTextConfig } from "../../models/clip-text.ts";
import { contrast } from "../losses/contrastive.ts";
import type { Contrast } from "../losses/contrastive.ts";
import type { TrainingProgram } from "../session.ts";
import type { ImageTower } from "./image-tower.ts";

/** Both towers and what they make of pairs. */
export interface Towers {
  readonly text: ClipTextConfig;
  readonly image: Pick<ImageTower, "embed">;
}

/** Inputs: the image tower's, and `ids` [N,T]. */
export function pairs(p: Params, { text, image }: Towers): Contrast {
  const ids = input("ids", [symbol("batch"), text.positions], "int64");
  const texts = clipText(p, ids, text).textEmbeds!;
  return contrast(image.embed(p), texts, p.parameter("logit_scale", []));
}

/** The same inputs. Parameters of CLIP's own towers are those of transformers' CLIPModel. */
export const clipProgram = (towers: Towers): TrainingProgram => ({
  name: "clip",
  build(p) {
    const { loss, accuracy } = pairs(p, towers);
    return { objectives: [{ name: "contrast", loss, trains: () => true }], metrics: { accuracy } };
  },
});
