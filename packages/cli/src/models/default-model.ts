// The model that is taken when none is named: the bundled one, and in a checkout without its weights the practice model.

import { dirname } from "node:path";
import { practiceModel, practiceNotice, practiceSide } from "./practice-model.ts";
import { stickerFile } from "./sticker-package.ts";

/** A model that nobody named. */
export interface DefaultModel {
  readonly path: string;
  /** One sentence about what it makes. */
  readonly notice: string;
  /** Side of its pictures where it is not the model's own. */
  readonly side?: number;
}

/** What people should know who see its pictures. */
export const stickerNotice =
  "the bundled model draws emoji-like stickers with transparent grounds, 64 pixels wide and then enlarged; other models are named with --model";

/** The model for people who name none; `find` gives files of the sticker package. Throws UsageError where there is none. */
export function defaultModel(find = stickerFile): DefaultModel {
  const [index, weights] = ["model_index.json", "unet/diffusion_pytorch_model.safetensors"].map(find);
  if (index !== undefined && weights !== undefined) return { path: dirname(index), notice: stickerNotice };
  return { path: practiceModel(), notice: practiceNotice, side: practiceSide };
}
