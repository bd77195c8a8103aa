// `noisette lora merge`: several LoRAs as one, or in the weights of a model.

import { z } from "zod";
import type { AdapterFile } from "@noisette/core/adapters/adapter";
import {
  checkConventions,
  joinLoras,
  namingOf,
  partsOfAdapter,
  partsOfFile,
} from "@noisette/core/adapters/join-adapters";
import { matchAdapter } from "@noisette/core/adapters/match-adapter";
import { mergeIntoCheckpoint } from "@noisette/core/adapters/merge-into-checkpoint";
import { readAdapter } from "@noisette/core/adapters/read-adapter";
import { writeLora, writeLoraFile } from "@noisette/core/adapters/write-adapter";
import type { AdapterComponent } from "@noisette/core/adapters/adapter";
import { modelPresentations } from "../models/model-options.ts";
import { openNamed } from "../models/open-named.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { showProgress } from "../terminal/progress.ts";
import { showLine } from "../terminal/status-line.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";
import {
  cutOptions,
  cutSummary,
  loraCutOptions,
  loraNamesOption,
  loraOutputOptions,
  loraOutputPresentations,
  weighedName,
} from "./lora-output.ts";
import { weightTypes } from "./weights-output.ts";

const path = z.string().min(1);

/** `noisette lora merge A:0.8 B`. */
export const command = defineCommand({
  usage: [
    "noisette lora merge A.safetensors:0.8 B.safetensors:0.5 --out both.safetensors",
    "noisette lora merge A.safetensors:0.8 --into MODEL --out merged.safetensors",
  ],
  about:
    "Adds LoRAs, each with its weight, into one: ranks add up and nothing is lost, or each change is cut by --rank and --keep. With --into they go into the weights of a model, which is written as a file or a folder; there all relatives of LoRA do.",
  options: z
    .strictObject({
      into: path.optional().describe("Model to put them into, instead of writing a LoRA"),
      model: path.optional().describe("Model they are for; needed where the files call its blocks differently"),
    })
    .extend(loraCutOptions.shape)
    .extend(loraOutputOptions.shape)
    .extend(loraNamesOption.shape),
  presentations: {
    ...loraOutputPresentations,
    into: { group: "Model", value: "MODEL" },
    model: modelPresentations.model,
  },
  groups: ["Size", "Output", "Model"],
  async run({ into, model, out, type, names, ...sizes }, words) {
    if (words.length === 0) throw new UsageError("Cannot merge LoRAs: no file is given");
    if (out === undefined) throw new UsageError("Cannot merge LoRAs: --out with the new file is wanted");
    const limits = cutOptions(sizes);
    if (into !== undefined && (limits !== undefined || model !== undefined || names !== undefined))
      throw new UsageError("Cannot merge LoRAs: --into goes without --model, --names, --rank and --keep");
    const wanted = words.map(weighedName);
    const files: { file: AdapterFile; weight: number }[] = [];
    for (const { path, weight } of wanted) files.push({ file: await readAdapter(path), weight });

    const progress = showProgress(process.stderr);
    const line = showLine(process.stderr);
    const onProgress = ({ done, total }: { done: number; total: number }) => line.rewrite(`module ${done} of ${total}`);
    await interruptible(async (signal) => {
      const named = into ?? model;
      const checkpoint = named === undefined ? undefined : await openNamed(named, {}, { progress, signal });
      progress.end();
      const adapters = files.map(({ file, weight }) => ({
        adapter: checkpoint && matchAdapter(file, checkpoint),
        weight,
      }));
      for (const { adapter } of adapters) for (const note of adapter?.notes ?? []) progress.notice(note);
      if (into !== undefined) {
        const weighed = adapters.map(({ adapter, weight }) => ({ adapter: adapter!, weight }));
        await mergeIntoCheckpoint(checkpoint!, weighed, out, { type: type && weightTypes[type], signal });
        return;
      }
      const saved = { type: weightTypes[type ?? "fp16"] };
      if (checkpoint === undefined) {
        checkConventions(files.map(({ file }) => file));
        const own = namingOf(files[0].file);
        if (names !== undefined && names !== own)
          throw new UsageError(`Cannot write names of ${names}: the files have ${own}'s (--model is wanted)`);
        const modules = await joinLoras(
          files.flatMap(({ file, weight }) => partsOfFile(file, weight)),
          { limits, signal, onProgress },
        );
        await writeLoraFile(out, modules, { ...saved, naming: own });
        if (limits !== undefined) line.keep(cutSummary(modules));
        return;
      }
      const parts = adapters.flatMap(({ adapter, weight }) => partsOfAdapter(adapter!, weight));
      const modules = await joinLoras(parts, { limits, signal, onProgress });
      const placed = modules.map((module) => ({ ...module, component: module.key.split(" ")[0] as AdapterComponent }));
      await writeLora(out, placed, { ...saved, model: checkpoint, naming: names });
      if (limits !== undefined) line.keep(cutSummary(modules));
    }).finally(() => {
      progress.end();
      line.clear();
    });
    process.stdout.write(`${out}\n`);
  },
});
