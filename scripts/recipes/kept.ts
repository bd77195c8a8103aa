// What took long to find out, kept in a file so that a recipe that was stopped need not find it out again.

import { saveJson } from "@noisette/core/checkpoints/save/model-parts";
import { disk } from "@noisette/core/platform/node";

/** The value that the JSON file `file` has for `key`; without one, what `make` gives, which is written there. */
export async function kept<T>(file: string, key: string, make: () => Promise<T>): Promise<T> {
  const all = JSON.parse((await disk!.readText(file)) ?? "{}") as Record<string, T>;
  if (Object.hasOwn(all, key)) return all[key];
  const value = await make();
  await saveJson(file, { ...all, [key]: value });
  return value;
}
