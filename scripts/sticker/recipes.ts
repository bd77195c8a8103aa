// The recipes of the sticker model's stages: as they stand in recipes/sticker, or made tiny to try them out in seconds.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkRecipe } from "@noisette/core/training/recipe/read-recipe";
import type { Recipe } from "@noisette/core/training/recipe/read-recipe";

/** The stages that train. */
export const trainedStages = ["clip", "autoencoder", "diffusion", "judge"] as const;

/** One of them. */
export type TrainedStage = (typeof trainedStages)[number];

const recipes = fileURLToPath(new URL("../../recipes/sticker", import.meta.url));
const readJson = async (name: string): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(recipes, name), "utf8")) as Record<string, unknown>;

/** The recipe of `stage`. Its paths, "data/…" and "runs/…", are taken from `folder`. */
export async function stageRecipe(
  stage: TrainedStage,
  { folder, tiny }: { folder: string; tiny: boolean },
): Promise<Recipe> {
  const full = await readJson(`${stage}.json`);
  const changes = tiny ? await readJson("tiny.json") : {};
  const recipe = { ...full, ...(changes.all as object), ...(changes[stage] as object) };
  return checkRecipe(placed(recipe, folder), `${stage}.json${tiny ? ", made tiny" : ""}`);
}

/** `value` with every path in it moved to `folder`. */
function placed(value: unknown, folder: string): unknown {
  if (typeof value === "string") return /^(data|runs)\//.test(value) ? join(folder, value) : value;
  if (Array.isArray(value)) return value.map((part) => placed(part, folder));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, placed(part, folder)]));
}
