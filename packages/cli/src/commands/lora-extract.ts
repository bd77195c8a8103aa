// `noisette lora extract`: what fine-tuning changed, as a LoRA.

import { z } from "zod";
import { extractLora } from "@noisette/core/adapters/extract";
import { writeLora } from "@noisette/core/adapters/write-adapter";
import { openNamed } from "../models/open-named.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { showProgress } from "../terminal/progress.ts";
import { showLine } from "../terminal/status-line.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";
import {
  cutSummary,
  loraCutOptions,
  loraNamesOption,
  loraOutputOptions,
  loraOutputPresentations,
} from "./lora-output.ts";
import { weightTypes } from "./weights-output.ts";

const networks = ["unet", "textEncoder", "textEncoder2"] as const;

/** `noisette lora extract TUNED --base BASE`. */
export const command = defineCommand({
  usage: ["noisette lora extract TUNED --base BASE --rank 32 --out tuned.safetensors"],
  about:
    "Takes the difference of two models of one architecture as a LoRA: of each weight's change the largest singular values, by a randomized search (Halko, Martinsson, Tropp 2011). Says how much of the changes is lost.",
  options: z
    .strictObject({
      base: z.string().min(1).optional().describe("Model that was tuned: file, folder or Hub id"),
      ...loraCutOptions.shape,
      rank: z.int().min(1).max(1024).default(32).describe("Largest rank"),
      convRank: z
        .int()
        .min(0)
        .max(1024)
        .optional()
        .describe("Largest rank of convolutions (that of the others); 0 leaves them out"),
      networks: z.array(z.enum(networks)).min(1).optional().describe("Networks to compare (all that both have)"),
      smallest: z.number().min(0).default(0).describe("Weights that change by no more than this count as unchanged"),
    })
    .extend(loraOutputOptions.shape)
    .extend(loraNamesOption.shape),
  presentations: {
    ...loraOutputPresentations,
    base: { group: "Models", short: "b", value: "MODEL" },
    networks: { group: "Models", range: networks.join(", ") },
    convRank: { group: "Size" },
    smallest: { group: "Size" },
  },
  groups: ["Models", "Size", "Output"],
  async run({ base, rank = 32, convRank, keep, networks, smallest, out, type = "fp16", names }, words) {
    const [tuned] = words;
    if (tuned === undefined || words.length > 1)
      throw new UsageError(`Cannot extract from ${words.length} models: one file, folder or Hub id is wanted`);
    if (base === undefined)
      throw new UsageError(`Cannot extract from "${tuned}": --base with the model it came from is wanted`);
    if (out === undefined) throw new UsageError(`Cannot extract from "${tuned}": --out with the new file is wanted`);
    const progress = showProgress(process.stderr);
    const line = showLine(process.stderr);
    await interruptible(async (signal) => {
      const models = [];
      for (const name of [tuned, base]) models.push(await openNamed(name, {}, { progress, signal }));
      progress.end();
      const modules = await extractLora(models[0], models[1], {
        rank,
        convRank,
        keep,
        components: networks,
        smallest,
        signal,
        onProgress: ({ done, total }) => line.rewrite(`weight ${done} of ${total}`),
      });
      await writeLora(out, modules, { model: models[1], naming: names, type: weightTypes[type] });
      line.keep(cutSummary(modules));
    }).finally(() => {
      progress.end();
      line.clear();
    });
    process.stdout.write(`${out}\n`);
  },
});
