// `noisette merge`: several models mixed into one.

import { z } from "zod";
import { checkpointOptions } from "@noisette/core/pipelines/checkpoint-options";
import { mergeCheckpoints, mergeMethods } from "@noisette/core/checkpoints/merge";
import type { MergeMethod } from "@noisette/core/checkpoints/merge";
import { oneOf } from "@noisette/core/util/one-of";
import { partOf } from "../flags/part-of.ts";
import { modelPresentations } from "../models/model-options.ts";
import { openNamed } from "../models/open-named.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { showProgress } from "../terminal/progress.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";
import { weightsOutputOptions, weightsOutputPresentations, weightTypes } from "./weights-output.ts";

const openingOptions = checkpointOptions.pick({ variant: true, config: true, family: true });
const sources = ["merge", "a", "b"] as const;
const methods = Object.entries(mergeMethods as Readonly<Record<string, MergeMethod>>);

const mixingOptions = z.strictObject({
  method: oneOf(mergeMethods)
    .default("weighted-sum")
    .describe(`How to mix: ${methods.map(([id, { summary }]) => `${id} is ${summary}`).join(", ")}`),
  weight: z.number().default(0.5).describe("w, for everything that is mixed"),
  blockWeights: z
    .array(z.number())
    .min(20)
    .optional()
    .describe("w for the text encoders and each block of the UNet: BASE,IN00,…,MID,OUT00,…: 26, SDXL 20"),
  textEncoder: z.enum(sources).default("merge").describe("Text encoders: mixed, or one model's"),
  vae: z.enum(sources).default("a").describe("Autoencoder: mixed, or one model's"),
});
const mixing = { group: "Mixing" };

/** `noisette merge A B`. */
export const command = defineCommand({
  usage: [
    "noisette merge A B --weight 0.3 --out mixed.safetensors",
    "noisette merge A B C --method add-difference --weight 1 --out FOLDER",
  ],
  about:
    "Mixes models of one architecture, each a file, a folder or a Hub id. All that is no weight is the first one's. An inpainting model can take part as the first: the channels that it alone has stay.",
  options: mixingOptions.extend(weightsOutputOptions.shape).extend(openingOptions.shape),
  presentations: {
    ...weightsOutputPresentations,
    ...modelPresentations,
    method: mixing,
    weight: { ...mixing, short: "w" },
    blockWeights: { ...mixing, range: "26 or 20 numbers with commas between" },
    textEncoder: mixing,
    vae: mixing,
  },
  groups: ["Mixing", "Output", "Model"],
  async run(given, words) {
    const { out, layout, type } = given;
    const { method = "weighted-sum", ...options } = partOf(mixingOptions, given);
    const { models: wanted } = mergeMethods[method];
    if (words.length !== wanted)
      throw new UsageError(
        `Cannot merge ${words.length} models by ${method}: ${wanted} files, folders or Hub ids are wanted`,
      );
    if (out === undefined) throw new UsageError("Cannot merge: --out with the new file or folder is wanted");
    const progress = showProgress(process.stderr);
    await interruptible(async (signal) => {
      const models = [];
      for (const name of words) models.push(await openNamed(name, partOf(openingOptions, given), { progress, signal }));
      await mergeCheckpoints(models, out, { method, ...options, layout, type: type && weightTypes[type], signal });
    }).finally(progress.end);
    process.stdout.write(`${out}\n`);
  },
});
