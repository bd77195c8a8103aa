// `noisette train RECIPE.json`: trains what a recipe describes, in a folder of its own.

import { basename } from "node:path";
import { openEngine } from "@noisette/core/runtime/open-engine";
import { recipeFields } from "@noisette/core/training/recipe/describe";
import type { RecipeField } from "@noisette/core/training/recipe/describe";
import { loadRecipe } from "@noisette/core/training/recipe/load-recipe";
import { recipeSchemas } from "@noisette/core/training/recipe/read-recipe";
import { openRecipeData } from "@noisette/core/training/recipe-data";
import { train } from "@noisette/core/training/run";
import { oneOf } from "@noisette/core/util/one-of";
import { z } from "zod";
import { partOf } from "../flags/part-of.ts";
import { modelOptions, modelPresentations } from "../models/model-options.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { definitions } from "../terminal/table.ts";
import { showTraining } from "../terminal/training-progress.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";

const kinds = oneOf(recipeSchemas);
const deviceOptions = modelOptions.pick({ device: true, threads: true });

/** `noisette train`. */
export const command = defineCommand({
  usage: ["noisette train RECIPE.json [flags]", "noisette train --fields diffusion"],
  about:
    "Trains an autoencoder, a CLIP, a diffusion model or a judge as a recipe (JSON) says, or teaches a model something: LoRA, textual inversion, hypernetwork, DreamBooth, ControlNet. Checkpoints, log, report.html, TensorBoard events, sample pictures and what was trained, in the forms other programs read, go to one folder. A recipe may be the changes to another: its `extends` is the path of that one. Ctrl-C writes a checkpoint first; --resume goes on from the last one.",
  options: z
    .strictObject({
      out: z.string().min(1).optional().describe("Folder of the run (runs/ and the recipe's name)"),
      resume: z.boolean().optional().describe("Go on with the run in the folder"),
      allowChanges: z.boolean().optional().describe("Go on although the recipe or the data changed"),
      steps: z.int().min(1).optional().describe("Stop at this step, before the recipe's last"),
      fields: kinds.optional().describe("List what a recipe may say, and train nothing"),
    })
    .extend(deviceOptions.shape),
  presentations: {
    ...modelPresentations,
    out: { group: "Run", short: "o", value: "FOLDER" },
    resume: { group: "Run" },
    allowChanges: { group: "Run" },
    steps: { group: "Run" },
    fields: { group: "Recipe", value: "TRAINER", range: kinds.options.join(", ") },
  },
  groups: ["Run", "Recipe", "Memory"],
  async run({ fields, out, resume, allowChanges, steps, ...given }, words) {
    if (fields !== undefined) {
      process.stdout.write(`${fieldList(recipeFields(fields)).join("\n")}\n`);
      return;
    }
    const [path] = words;
    if (path === undefined || words.length > 1)
      throw new UsageError(`Cannot train ${words.length} recipes: one file of JSON is wanted`);
    const recipe = await loadRecipe(path);
    const progress = showTraining(process.stderr);
    await interruptible(async (signal) => {
      const data = await openRecipeData(recipe);
      const engine = await openEngine(partOf(deviceOptions, given));
      try {
        await train(recipe, {
          engine,
          ...data,
          out: out ?? `runs/${basename(path).replace(/\.json$/i, "")}`,
          resume,
          allowChanges,
          steps,
          signal,
          tell: progress.event,
        });
      } finally {
        await engine.close();
      }
      // A run that was stopped ends well, with its checkpoint; the shell is still to hear that it was stopped.
      signal.throwIfAborted();
    }).finally(progress.end);
  },
});

/** Recipe fields for people: what may stand there and what it does. */
function fieldList(fields: readonly RecipeField[]): string[] {
  return definitions(
    fields.map(({ path, description, values, fallback, isRequired }): [string, string] => {
      const note = isRequired ? "needed" : fallback === undefined ? "" : `default ${fallback}`;
      return [path, `${description} [${[values, note].filter(Boolean).join("; ")}]`];
    }),
    100,
  );
}
