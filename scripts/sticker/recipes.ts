// The recipes of the sticker model's stages.

import type { Recipe } from "@noisette/core/training/recipe/read-recipe";
import { readStageRecipe } from "../recipes/stage-recipe.ts";

/** The stages that train. */
export const trainedStages = [
  "clip",
  "text",
  "autoencoder",
  "decoder",
  "diffusion",
  "refinement",
  "finish",
  "drafts",
  "as-drawn",
  "colours",
  "wider",
  "details",
  "forgiving-decoder",
] as const;

/** The one whose text encoder and UNet are bundled. */
export const lastTrained = "details";

/** The one whose decoder is bundled with it. */
export const lastDecoder = "forgiving-decoder";

/** One of them. */
export type TrainedStage = (typeof trainedStages)[number];

/** The recipe of `stage`. Its paths, "data/…" and "runs/…", are taken from `folder`. */
export const stageRecipe = (
  stage: TrainedStage,
  place: { readonly folder: string; readonly tiny: boolean },
): Promise<Recipe> => readStageRecipe("sticker", stage, place);
