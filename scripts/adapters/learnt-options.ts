// How to use what a recipe's training saved: which model, with which options.

import { join } from "node:path";
import type { GenerateOptions } from "@noisette/core/pipelines/options";
import type { AdapterRecipe } from "./recipes.ts";

/** A model with what it was taught. */
export interface LearntOptions {
  /** The model to load. */
  readonly model: string;
  readonly options: Pick<GenerateOptions, "loras" | "embeddings" | "hypernetworks">;
}

/** What to generate with after `recipe` was trained; `saved` is the folder of what it learnt. A ControlNet's pictures are not in it. */
export function learntOptions(recipe: AdapterRecipe, saved: string): LearntOptions {
  const { model } = recipe;
  const file = (ending: string) => join(saved, `${recipe.name}.${ending}`);
  switch (recipe.trainer) {
    case "lora":
      return { model, options: { loras: [{ name: file("safetensors") }] } };
    case "textual-inversion":
      return { model, options: { embeddings: [{ name: file("pt"), word: recipe.word }] } };
    case "hypernetwork":
      return { model, options: { hypernetworks: [{ name: file("pt") }] } };
    case "dreambooth":
      return { model: saved, options: {} };
    case "controlnet":
      return { model, options: {} };
  }
}
