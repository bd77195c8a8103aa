// Recipes as files, each whole or the changes to another: `"extends": "other.json"`.

import { joinPath, parentFolder, readText } from "#platform";
import { isRecord } from "../../util/is-record.ts";
import { checkRecipe } from "./read-recipe.ts";
import type { Recipe } from "./read-recipe.ts";

/**
 * The recipe in the file `path`. Where it has `"extends"`, a path beside it, it is what stands there with its own keys over it, as a
 * JSON merge patch (RFC 7396): objects are merged, anything else is replaced, null takes a key away. Throws Error like `checkRecipe`.
 */
export async function loadRecipe(path: string): Promise<Recipe> {
  return checkRecipe(await loadRecipeJson(path), path);
}

/** What stands in the recipe file `path` and those it extends, unchecked. Throws Error when one is no JSON object, or extends itself. */
export async function loadRecipeJson(path: string, from: readonly string[] = []): Promise<Json> {
  const fail = (what: string, cause?: unknown): never => {
    throw new Error(`Cannot read recipe "${path}": ${what}`, { cause });
  };
  if (from.includes(path)) return fail(`it extends itself, by ${[...from, path].map((one) => `"${one}"`).join(" → ")}`);
  const text = await readText(path);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    return fail(`${(cause as Error).message} (JSON is wanted)`, cause);
  }
  if (!isRecord(json)) return fail("it is no object");
  const { extends: base, ...own } = json;
  if (base === undefined) return own;
  if (typeof base !== "string") return fail(`"extends" is ${JSON.stringify(base)} (the path of a recipe is wanted)`);
  return mergePatch(await loadRecipeJson(joinPath(parentFolder(path), base), [...from, path]), own);
}

type Json = Record<string, unknown>;

/** `target` with `patch` over it (RFC 7396, §2). */
function mergePatch(target: Json, patch: Json): Json {
  const merged = new Map(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    const before = merged.get(key);
    if (value === null) merged.delete(key);
    else merged.set(key, isRecord(value) ? mergePatch(isRecord(before) ? before : {}, value) : value);
  }
  return Object.fromEntries(merged);
}
