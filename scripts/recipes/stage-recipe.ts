// The recipe of a stage that trains: as it stands in its folder of recipes, or made tiny to try it out in seconds.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadRecipeJson } from "@noisette/core/training/recipe/load-recipe";
import { checkRecipe } from "@noisette/core/training/recipe/read-recipe";
import type { Recipe } from "@noisette/core/training/recipe/read-recipe";

const root = fileURLToPath(new URL("../..", import.meta.url));
const recipes = join(root, "recipes");

/**
 * recipes/`set`/`stage`.json; if `tiny`, with the changes that tiny.json beside it has for all, and for the stage or else its trainer. Its paths
 * "data/…" and "runs/…" are taken from `folder`, "packages/…" from the repository.
 */
export async function readStageRecipe(
  set: string,
  stage: string,
  { folder, tiny }: { readonly folder: string; readonly tiny: boolean },
): Promise<Recipe> {
  const full = await loadRecipeJson(join(recipes, set, `${stage}.json`));
  const changes = tiny ? await loadRecipeJson(join(recipes, set, "tiny.json")) : {};
  const own = changes[stage] ?? changes[String(full.trainer)];
  const recipe = { ...full, ...(changes.all as object), ...(own as object) };
  return checkRecipe(placed(recipe, folder), `${stage}.json${tiny ? ", made tiny" : ""}`);
}

/** `value` with every path in it made whole. */
function placed(value: unknown, folder: string): unknown {
  if (typeof value === "string") {
    if (/^(data|runs)\//.test(value)) return join(folder, value);
    return value.startsWith("packages/") ? join(root, value) : value;
  }
  if (Array.isArray(value)) return value.map((part) => placed(part, folder));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, placed(part, folder)]));
}
