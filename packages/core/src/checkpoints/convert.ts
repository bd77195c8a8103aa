// A model in another layout or precision: a diffusers folder as one file in the original layout, and back. Weights pass through
// in runs of some megabytes; without another type every tensor keeps its bytes.

import type { Checkpoint } from "./checkpoint.ts";
import { saveDiffusersFolder } from "./save/diffusers-folder.ts";
import { modelToSave } from "./save/model-to-save.ts";
import { saveSingleFile } from "./save/single-file.ts";
import type { WeightType } from "./save/stored-copies.ts";

/** The layouts by what they are written to. */
export type Layout = "single-file" | "diffusers";

/** How to convert. */
export interface ConvertOptions {
  /** What the path says by default: a .safetensors file, or else a folder. */
  readonly layout?: Layout;
  /** Element type of all weights; by default each tensor's own. */
  readonly type?: WeightType;
  readonly signal?: AbortSignal;
}

/** The layout that `path` names by its ending. */
export const layoutOf = (path: string): Layout => (/\.safetensors$/i.test(path) ? "single-file" : "diffusers");

/** Writes `checkpoint` to `path`, whole or not at all: what was left out, in sentences for the user. */
export async function convertCheckpoint(
  checkpoint: Checkpoint,
  path: string,
  { layout = layoutOf(path), type, signal }: ConvertOptions = {},
): Promise<readonly string[]> {
  const model = await modelToSave(checkpoint, type);
  await (layout === "diffusers" ? saveDiffusersFolder : saveSingleFile)(path, model, { signal });
  return leftOut(checkpoint, layout);
}

/** Parts that an index can list and that are carried over. */
const carried = /^(unet|vae|text_encoder(_2)?|tokenizer(_2)?|scheduler|low_res_scheduler)$/;

function leftOut({ unused, networks, modelIndex = {}, tokenizers, preferences }: Checkpoint, layout: Layout): string[] {
  const count = unused.length + Object.values(networks).reduce((sum, network) => sum + network.unused.length, 0);
  const parts = Object.entries(modelIndex).flatMap(([name, value]) =>
    Array.isArray(value) && value[1] !== null && !carried.test(name) ? [name] : [],
  );
  const hasOwnWords = Object.values(tokenizers).some((files) => files !== undefined && !("builtIn" in files));
  return [
    ...(count > 0
      ? [`${count} tensors that belong to no network are left out (EMA copies, schedules and the like)`]
      : []),
    ...(parts.length > 0 ? [`${parts.join(", ")} left out: this layout is written without`] : []),
    ...(preferences.upscaler === undefined ? [] : [`the upscaler "${preferences.upscaler}" is left out`]),
    ...(layout === "single-file" && hasOwnWords
      ? [
          "the tokenizer and the configurations are left out: a single file has no place for them (readers take CLIP's own)",
        ]
      : []),
  ];
}
