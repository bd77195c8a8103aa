// `noisette convert`: a model in another layout or precision.

import { checkpointOptions } from "@noisette/core/pipelines/checkpoint-options";
import { convertCheckpoint } from "@noisette/core/checkpoints/convert";
import { partOf } from "../flags/part-of.ts";
import { modelPresentations } from "../models/model-options.ts";
import { openNamed } from "../models/open-named.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { showProgress } from "../terminal/progress.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";
import { weightsOutputOptions, weightsOutputPresentations, weightTypes } from "./weights-output.ts";

const openingOptions = checkpointOptions.omit({ model: true });

/** `noisette convert MODEL`. */
export const command = defineCommand({
  usage: [
    "noisette convert MODEL --out model.safetensors",
    "noisette convert model.safetensors --out FOLDER --type fp16",
  ],
  about:
    "Writes a model of SD 1, SD 2 or SDXL in another layout: a diffusers folder as one file in the original layout, or such a file as a folder. Without --type every tensor keeps its bytes. With --vae another autoencoder goes in.",
  options: weightsOutputOptions.extend(openingOptions.shape),
  presentations: { ...weightsOutputPresentations, ...modelPresentations },
  groups: ["Output", "Model"],
  async run(given, words) {
    const [model] = words;
    const { out, layout, type } = given;
    if (model === undefined || words.length > 1)
      throw new UsageError(`Cannot convert ${words.length} models: one file, folder or Hub id is wanted`);
    if (out === undefined)
      throw new UsageError(`Cannot convert "${model}": --out with the new file or folder is wanted`);
    const progress = showProgress(process.stderr);
    const notices = await interruptible(async (signal) => {
      const checkpoint = await openNamed(model, partOf(openingOptions, given), { progress, signal });
      const left = await convertCheckpoint(checkpoint, out, { layout, type: type && weightTypes[type], signal });
      return [...checkpoint.notes, ...left];
    }).finally(progress.end);
    for (const notice of notices) progress.notice(notice);
    process.stdout.write(`${out}\n`);
  },
});
