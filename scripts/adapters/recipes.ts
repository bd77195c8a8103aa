// The recipes of the adapters for the bundled model.

import type { Recipe } from "@noisette/core/training/recipe/read-recipe";
import { readStageRecipe } from "../recipes/stage-recipe.ts";

/** The adapters, in the order in which they are trained. */
export const adapterNames = [
  "lora-openmoji",
  "textual-inversion-openmoji",
  "dreambooth-hazelnut",
  "controlnet-edges",
  "controlnet-scribbles",
] as const;

/** One of them. */
export type AdapterName = (typeof adapterNames)[number];

/** A recipe that teaches a model. */
export type AdapterRecipe = Extract<Recipe, { model: string }>;

/** What was trained by one. */
export interface TrainedAdapter {
  readonly recipe: AdapterRecipe;
  /** Folder of what it learnt. */
  readonly saved: string;
}

/** The recipe of an adapter. Its paths, "data/…" and "runs/…", are taken from `folder`. */
export const adapterRecipe = async (
  name: AdapterName,
  place: { readonly folder: string; readonly tiny: boolean },
): Promise<AdapterRecipe> => (await readStageRecipe("adapters", name, place)) as AdapterRecipe;
