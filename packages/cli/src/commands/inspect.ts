// `noisette inspect`: what a file is, from its headers.

import { checkpointOptions } from "@noisette/core/pipelines/checkpoint-options";
import { formatReport } from "@noisette/core/checkpoints/format-report";
import { resolveModel } from "@noisette/core/checkpoints/hub";
import { inspectCheckpoint } from "@noisette/core/checkpoints/inspect";
import { formatOfPath } from "@noisette/core/image/picture-file";
import { partOf } from "../flags/part-of.ts";
import { modelPresentations } from "../models/model-options.ts";
import { inspectPicture } from "../pictures/inspect-picture.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { showProgress } from "../terminal/progress.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";
import { jsonOption } from "./json-option.ts";

const openingOptions = checkpointOptions.omit({ model: true });

/** `noisette inspect FILE`. */
export const command = defineCommand({
  usage: ["noisette inspect FILE-OR-FOLDER-OR-HUB-ID", "noisette inspect PICTURE"],
  about:
    "Says what is in a checkpoint, LoRA or other file of weights, reading its headers only; a model of the Hub is downloaded first. Of a saved picture it says how it was made.",
  options: openingOptions.extend(jsonOption.shape),
  presentations: { ...modelPresentations, json: { group: "Output" } },
  async run(given, words) {
    const [path] = words;
    if (path === undefined || words.length > 1)
      throw new UsageError(`Cannot inspect ${words.length} things: one file, folder or Hub id is wanted`);
    const print = (value: unknown, text: () => string) =>
      process.stdout.write(given.json ? `${JSON.stringify(value, null, 2)}\n` : text());
    if (formatOfPath(path) !== undefined) {
      const chunks = await inspectPicture(path);
      print(chunks.json, () => chunks.text);
      return;
    }
    const { revision, ...opening } = partOf(openingOptions, given);
    const progress = showProgress(process.stderr);
    const file = await interruptible((signal) =>
      resolveModel(path, { revision, variant: opening.variant, signal, onProgress: progress.download }),
    ).finally(progress.end);
    const report = await inspectCheckpoint(file, opening);
    print(report, () => formatReport(report));
  },
});
