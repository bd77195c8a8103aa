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
] as const;

/** The one whose model is bundled. */
export const lastTrained = "as-drawn";

/** One of them. */
export type TrainedStage = (typeof trainedStages)[number];

/** The recipe of `stage`. Its paths, "data/…" and "runs/…", are taken from `folder`. */
export const stageRecipe = (
  stage: TrainedStage,
  place: { readonly folder: string; readonly tiny: boolean },
): Promise<Recipe> => readStageRecipe("sticker", stage, place);
