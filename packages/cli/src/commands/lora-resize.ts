// `noisette lora resize`: a LoRA with smaller ranks.

import { joinLoras, namingOf, partsOfFile } from "@noisette/core/adapters/join-adapters";
import { readAdapter } from "@noisette/core/adapters/read-adapter";
import { writeLoraFile } from "@noisette/core/adapters/write-adapter";
import { interruptible } from "../terminal/interrupt.ts";
import { showLine } from "../terminal/status-line.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";
import { cutOptions, cutSummary, loraCutOptions, loraOutputOptions, loraOutputPresentations } from "./lora-output.ts";
import { weightTypes } from "./weights-output.ts";

/** `noisette lora resize FILE`. */
export const command = defineCommand({
  usage: [
    "noisette lora resize FILE --rank 8 --out smaller.safetensors",
    "noisette lora resize FILE --keep 0.95 --out FILE",
  ],
  about:
    "Writes a LoRA with smaller ranks: of each change the largest singular values, which is the best there is of that rank. Names and metadata stay.",
  options: loraCutOptions.extend(loraOutputOptions.shape),
  presentations: loraOutputPresentations,
  groups: ["Size", "Output"],
  async run({ out, type = "fp16", ...sizes }, words) {
    const [path] = words;
    const limits = cutOptions(sizes);
    if (path === undefined || words.length > 1)
      throw new UsageError(`Cannot resize ${words.length} LoRAs: one file is wanted`);
    if (limits === undefined) throw new UsageError(`Cannot resize "${path}": --rank or --keep is wanted`);
    if (out === undefined) throw new UsageError(`Cannot resize "${path}": --out with the new file is wanted`);
    const line = showLine(process.stderr);
    await interruptible(async (signal) => {
      const file = await readAdapter(path);
      const modules = await joinLoras(partsOfFile(file), {
        limits,
        signal,
        onProgress: ({ done, total }) => line.rewrite(`module ${done} of ${total}`),
      });
      const ranks = new Set(modules.map(({ factors }) => factors.down.dims[0]));
      const dim = ranks.size === 1 ? String([...ranks][0]) : "Dynamic";
      await writeLoraFile(out, modules, {
        naming: namingOf(file),
        type: weightTypes[type],
        metadata: { ...file.metadata, ss_network_dim: dim, ss_network_alpha: dim },
      });
      line.keep(cutSummary(modules));
    }).finally(line.clear);
    process.stdout.write(`${out}\n`);
  },
});
