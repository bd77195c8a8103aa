// The data sets that a recipe names.

import type { Dataset } from "../data/dataset.ts";
import { openDataset } from "../data/open-dataset.ts";
import { openScenes } from "../data/stickers/scene-set.ts";
import type { Recipe } from "./recipe/read-recipe.ts";

/** What to learn from, and what to validate on where the recipe names other data for that. Throws Error when they cannot be opened. */
export async function openRecipeData({
  data: { path, scenes },
  validation,
  seed,
}: Recipe): Promise<{ readonly data: Dataset; readonly validationData: Dataset | undefined }> {
  return {
    data: scenes === undefined ? await openDataset(path) : await openScenes(path, { ...scenes, seed }),
    validationData: validation.path === undefined ? undefined : await openDataset(validation.path),
  };
}
