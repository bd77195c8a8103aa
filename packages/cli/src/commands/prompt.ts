// `noisette prompt`: what a prompt becomes before any picture is made.

import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { checkpointOptions } from "@noisette/core/pipelines/checkpoint-options";
import { samplerTable } from "@noisette/core/diffusion/samplers/index";
import { openCheckpoint } from "@noisette/core/checkpoints/open";
import { resolveModel } from "@noisette/core/checkpoints/hub";
import { generateOptions, parseOptions } from "@noisette/core/pipelines/options";
import { runEmbeddings } from "@noisette/core/pipelines/run-embeddings";
import { isTemplate, templateExpansion } from "@noisette/core/prompts/expand-template";
import { promptReport } from "@noisette/core/prompts/prompt-report";
import { parseTemplate } from "@noisette/core/prompts/template";
import { openTokenizer } from "@noisette/core/tokenizers/open";
import type { TokenizerFiles } from "@noisette/core/tokenizers/open";
import type { EncoderWidths } from "@noisette/core/adapters/embedding";
import { readAdapterFolder } from "../adapters/adapter-folder.ts";
import { conceptPresentations } from "../adapters/concept-flags.ts";
import { partOf } from "../flags/part-of.ts";
import { modelPresentations } from "../models/model-options.ts";
import { formatPromptReport } from "../prompts/format-report.ts";
import type { ShownPrompt } from "../prompts/format-report.ts";
import {
  openStyles,
  openWildcardFolder,
  promptFileOptions,
  promptFilePresentations,
  styledPrompts,
} from "../prompts/prompt-files.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { showProgress } from "../terminal/progress.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";
import { generatePresentations } from "./generate-options.ts";
import { jsonOption } from "./json-option.ts";

const readingOptions = generateOptions.pick({
  negativePrompt: true,
  compat: true,
  promptSyntax: true,
  emphasis: true,
  chunking: true,
  dynamicPrompts: true,
  embeddings: true,
  steps: true,
  sampler: true,
  seed: true,
});
const showOptions = z.strictObject({
  ids: z.boolean().optional().describe("Show the tokens' ids"),
});

/** Steps that prompts are laid out over unless told otherwise. */
const usualSteps = 30;

/** `noisette prompt TEXT`. */
export const command = defineCommand({
  usage: ['noisette prompt "a (red:1.3) fox [in snow:at night:0.5]" [flags]'],
  about:
    "Shows what a prompt becomes: chunks, tokens and their weights at each step, by the tokenizer of --model or else CLIP's. Steps are runs of the network, of which some samplers make two a step. Makes no picture.",
  options: readingOptions
    .extend(promptFileOptions.shape)
    .extend(checkpointOptions.shape)
    .extend(showOptions.shape)
    .extend(jsonOption.shape),
  presentations: {
    ...generatePresentations,
    ...promptFilePresentations,
    ...modelPresentations,
    steps: { group: "Sampling", short: "s", range: `default ${usualSteps}` },
    seed: { group: "Prompt", short: "S" },
    negativePrompt: { group: "Prompt", name: "negative", short: "n" },
    ids: { group: "Output" },
    embeddings: { ...conceptPresentations.embeddings, group: "Prompt" },
    json: { group: "Output" },
  },
  groups: ["Prompt", "Sampling", "Model", "Output"],
  async run(given, words) {
    if (words.length === 0) throw new UsageError("Cannot show a prompt: none is given");
    const styled = await openStyles(given);
    const wildcards = await openWildcardFolder(given);
    const prompts = { prompt: words.join(" "), negativePrompt: given.negativePrompt };
    const options = parseOptions({
      ...(wildcards && { dynamicPrompts: "on" }),
      ...partOf(readingOptions, given),
      ...(styled === undefined ? prompts : styledPrompts(prompts, styled)),
    });
    const { steps = usualSteps, promptSyntax: syntax, emphasis, chunking, sampler } = options;
    const evaluations = sampler === undefined ? 1 : samplerTable[sampler].evaluations;
    const expand = templateExpansion({ seed: options.seed ?? 0, wildcards });
    const { tokenizers, positions, widths } = await openTokenizers(partOf(checkpointOptions, given));
    const texts = [options.prompt, options.negativePrompt].flat().filter((text) => text !== undefined);
    const notice = (text: string) => void process.stderr.write(`note: ${text}\n`);
    const { inputs } = await readAdapterFolder(given.adapters);
    const sources = { catalogue: inputs.adapters, concepts: undefined };
    const embeddings = await runEmbeddings(options, { ...sources, widths, texts, notice });

    const shown: ShownPrompt[] = [];
    for (const role of ["positive", "negative"] as const) {
      const source = role === "positive" ? options.prompt : options.negativePrompt;
      for (const template of source === undefined ? [] : [source].flat()) {
        const draws = options.dynamicPrompts === "on";
        const drawn = draws && isTemplate(template) ? await expand(template) : undefined;
        const templateWarnings = draws ? parseTemplate(template).warnings : [];
        for (const [name, tokenizer] of Object.entries(tokenizers)) {
          const report = promptReport(drawn ?? template, {
            syntax,
            weights: emphasis !== "none",
            role,
            steps: steps * evaluations,
            tokenizer,
            chunking,
            positions,
            embeddings: { table: embeddings, part: name === "tokenizer2" ? "textEncoder2" : "textEncoder" },
          });
          // Where encoders cut words alike, as SDXL's do, one view does.
          if (shown.some((other) => other.role === role && isDeepStrictEqual(other.parts, report.parts))) continue;
          shown.push({ role, tokenizer: name, ...(drawn !== undefined && { template }), templateWarnings, ...report });
        }
      }
    }
    process.stdout.write(
      given.json ? `${JSON.stringify(shown, null, 2)}\n` : formatPromptReport(shown, { ids: given.ids === true }),
    );
  },
});

/** The tokenizers of the model that is named, by the part they serve; CLIP's own without one. */
async function openTokenizers({ model, ...opening }: Partial<z.output<typeof checkpointOptions>>) {
  let files: Partial<Record<"tokenizer" | "tokenizer2", TokenizerFiles>> = {
    tokenizer: { builtIn: "clip", padToken: "<|endoftext|>" },
  };
  let positions = 77;
  let widths: EncoderWidths | undefined;
  if (model !== undefined) {
    const { revision, ...checkpoint } = opening;
    const progress = showProgress(process.stderr);
    const path = await interruptible((signal) =>
      resolveModel(model, { revision, variant: opening.variant, signal, onProgress: progress.download }),
    ).finally(progress.end);
    const opened = await openCheckpoint(path, checkpoint);
    files = opened.tokenizers;
    const { textEncoder, textEncoder2 } = opened.networks;
    positions = Number((textEncoder ?? textEncoder2)?.config.max_position_embeddings ?? positions);
    const widthOf = (files: typeof textEncoder) => files && Number(files.config.hidden_size);
    const [first, second] = [widthOf(textEncoder), widthOf(textEncoder2)];
    widths = { ...(first && { textEncoder: first }), ...(second && { textEncoder2: second }) };
  }
  const tokenizers: Record<string, Awaited<ReturnType<typeof openTokenizer>>> = {};
  for (const [name, file] of Object.entries(files))
    if (file !== undefined) tokenizers[name] = await openTokenizer(file);
  return { tokenizers, positions, widths };
}
