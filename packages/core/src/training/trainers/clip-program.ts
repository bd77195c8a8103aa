// CLIP's towers as a function of their loss.

import { symbol } from "../../graph/dim.ts";
import { add, multiply } from "../../graph/ops/elementwise.ts";
import { input, scalar } from "../../graph/ops/source.ts";
import type { Params } from "../../graph/params.ts";
import { clipText } from "../../models/clip-text.ts";
import type { ClipTextConfig, ClipTextStates } from "../../models/clip-text.ts";
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

/** Inputs: the image tower's, and `ids` [N,T]. */
export function pairs(p: Params, { text, image }: Towers): Contrast & { readonly texts: ClipTextStates } {
  const ids = input("ids", [symbol("batch"), text.positions], "int64");
  const texts = clipText(p, ids, text);
  return { ...contrast(image.embed(p), texts.textEmbeds!, p.parameter("logit_scale", [])), texts };
}

/** The same inputs, and those of drafts. Parameters of CLIP's own towers are those of transformers' CLIPModel. */
export const clipProgram = (
  towers: Towers,
  drafts?: { readonly weight: number; readonly error: Drafts["error"] },
): TrainingProgram => ({
  name: "clip",
  build(p) {
    const { loss: told, accuracy, texts } = pairs(p, towers);
    const draft = drafts?.error(p, texts.normalized.at(-1)!);
    const loss = draft === undefined ? told : add(told, multiply(draft, scalar(drafts!.weight)));
    return {
      objectives: [{ name: "clip", loss, trains: () => true }],
      metrics: { contrast: told, ...(draft && { draft }), accuracy },
    };
  },
});
