// Files that prompts draw on: a table of styles, and a folder of wildcards.

import { readFile } from "node:fs/promises";
import { z } from "zod";
import type { Wildcards } from "@noisette/core/prompts/expand-template";
import { applyStyles, parseStyles } from "@noisette/core/prompts/styles";
import type { PromptPair } from "@noisette/core/prompts/styles";
import { openWildcards } from "@noisette/core/prompts/wildcard-folder";
import { adapterFolderOption, adapterFolderPresentation } from "../adapters/adapter-folder.ts";
import type { Presentation } from "../flags/flag.ts";

/** Options that name them. */
export const promptFileOptions = z.strictObject({
  style: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
    .optional()
    .describe("Style to put around the prompts, by its name in --styles"),
  styles: z
    .string()
    .min(1)
    .default("styles.csv")
    .describe("Table of styles as A1111 keeps it: name, prompt, negative_prompt"),
  wildcards: z.string().min(1).optional().describe("Folder of text files that __name__ in a prompt takes a line from"),
  ...adapterFolderOption,
});

/** How they show themselves. */
export const promptFilePresentations: Readonly<Record<string, Presentation>> = {
  style: { group: "Prompt" },
  styles: { group: "Prompt", value: "FILE" },
  wildcards: { group: "Prompt", value: "FOLDER" },
  ...adapterFolderPresentation,
};

/** What was written of these. */
export type PromptFiles = Partial<z.output<typeof promptFileOptions>>;

/** The function that puts the styles asked for around prompts. Throws Error on a file that cannot be read, RangeError on unknown styles. */
export async function openStyles({
  style,
  styles = "styles.csv",
}: PromptFiles): Promise<((pair: PromptPair) => PromptPair) | undefined> {
  if (style === undefined) return undefined;
  const text = await readFile(styles, "utf8").catch((cause: Error) => {
    throw new Error(`Cannot read styles "${styles}": ${cause.message} (--styles with the file is wanted)`, { cause });
  });
  const table = parseStyles(text);
  const names = [style].flat();
  applyStyles(table, names, { prompt: "", negativePrompt: "" });
  return (pair) => applyStyles(table, names, pair);
}

/** The wildcards asked for. */
export async function openWildcardFolder({ wildcards }: PromptFiles): Promise<Wildcards | undefined> {
  return wildcards === undefined ? undefined : openWildcards(wildcards);
}

/** `styled` for each prompt with its negative one; either may be a list. */
export function styledPrompts(
  { prompt, negativePrompt }: { prompt: string | string[]; negativePrompt?: string | string[] | undefined },
  styled: (pair: PromptPair) => PromptPair,
): { prompt: string | string[]; negativePrompt: string | string[] | undefined } {
  const pairs = [prompt].flat().map((own, i) =>
    styled({
      prompt: own,
      negativePrompt: (Array.isArray(negativePrompt) ? negativePrompt[i] : negativePrompt) ?? "",
    }),
  );
  const negatives = pairs.map((pair) => pair.negativePrompt);
  return {
    prompt: Array.isArray(prompt) ? pairs.map((pair) => pair.prompt) : pairs[0].prompt,
    negativePrompt:
      Array.isArray(prompt) && new Set(negatives).size > 1
        ? negatives
        : negatives[0] === "" && negativePrompt === undefined
          ? undefined
          : negatives[0],
  };
}
