// CLIP's towers as a function of their loss.

import { symbol } from "../../graph/dim.ts";
import { add, multiply } from "../../graph/ops/elementwise.ts";
import { input, scalar } from "../../graph/ops/source.ts";
import type { Params } from "../../graph/params.ts";
import type { Value } from "../../graph/value.ts";
import { clipText } from "../../models/clip-text.ts";
import type { ClipTextConfig } from "../../models/clip-text.ts";
import { contrast } from "../losses/contrastive.ts";
import type { Contrast } from "../losses/contrastive.ts";
import type { TrainingProgram } from "../session.ts";
import type { Drafts } from "./drafts.ts";
import type { ImageTower } from "./image-tower.ts";

/** Both towers and what they make of pairs. */
export interface Towers {
  readonly text: ClipTextConfig;
  readonly image: Pick<ImageTower, "embed">;
}

/** What they make of pairs, with the latents that the texts say, where there are drafts. */
export interface Pairs extends Contrast {
  readonly drafts: Value | undefined;
}

/** Inputs: the image tower's, and `ids` [N,T]. */
export function pairs(p: Params, { text, image }: Towers, drafts?: Drafts): Pairs {
  const ids = input("ids", [symbol("batch"), text.positions], "int64");
  const { textEmbeds, normalized } = clipText(p, ids, text);
  return {
    ...contrast(image.embed(p), textEmbeds!, p.parameter("logit_scale", [])),
    drafts: drafts?.draft(p, normalized[text.layers]),
  };
}

/** The same inputs, and that of the drafts' error. Parameters of CLIP's own towers are those of transformers' CLIPModel. */
export const clipProgram = (towers: Towers, drafts?: Drafts): TrainingProgram => ({
  name: "clip",
  build(p) {
    const { loss: told, accuracy, drafts: said } = pairs(p, towers, drafts);
    const error = said && drafts!.error(said);
    const loss = error === undefined ? told : add(told, multiply(error, scalar(drafts!.weight)));
    return {
      objectives: [{ name: "clip", loss, trains: () => true }],
      metrics: { contrast: told, ...(error && { draft: error }), accuracy },
    };
  },
});
