// Prompts that are templates, {a|b} and __wildcards__: every picture draws a text of its own by its seed.

import type { Wildcards } from "../prompts/expand-template.ts";
import { isTemplate, templateExpansion } from "../prompts/expand-template.ts";
import { parseTemplate } from "../prompts/template.ts";
import type { RunOptions } from "./model-defaults.ts";

/** Prompts as they were written, of one picture or of all. */
export interface PromptTemplate {
  readonly prompt: string;
  readonly negativePrompt?: string;
}

/** Options with the drawn texts in place of the templates. */
export interface ExpandedPrompts {
  readonly options: RunOptions;
  /** By picture; absent where nothing was drawn. */
  readonly templates?: readonly PromptTemplate[];
}

/**
 * Draws every picture's prompts: then there is one for each picture, and the options hold no templates any more. Throws
 * Error on wildcards that there are not, and RangeError on templates in prompts that all pictures share.
 */
export async function expandPrompts(
  options: RunOptions,
  { wildcards, notice }: { readonly wildcards: Wildcards | undefined; readonly notice: (text: string) => void },
): Promise<ExpandedPrompts> {
  if (options.dynamicPrompts === "off") return { options };
  for (const name of ["prompt2", "negativePrompt2", "promptTo", "hiresPrompt", "hiresNegativePrompt"] as const) {
    if (isTemplate(options[name] ?? "")) {
      throw new RangeError(
        `Cannot draw from the template in ${name}: all pictures share it (prompt and negativePrompt can be templates; dynamicPrompts "off" takes it as text)`,
      );
    }
  }
  const prompts = [options.prompt].flat();
  const negatives = prompts.map((_, i) =>
    Array.isArray(options.negativePrompt) ? options.negativePrompt[i] : options.negativePrompt,
  );
  const texts = [...new Set([...prompts, ...negatives])].filter((text) => text !== undefined);
  for (const text of texts) {
    for (const { message, start } of parseTemplate(text).warnings)
      notice(`the template ${JSON.stringify(text)} at ${start + 1}: ${message}`);
  }
  if (!texts.some(isTemplate)) return { options };

  const templates: PromptTemplate[] = [];
  const drawn: { prompt: string; negative: string | undefined }[] = [];
  for (let picture = 0; picture < prompts.length * options.count; picture++) {
    const index = Math.floor(picture / options.count);
    const [prompt, negative] = [prompts[index], negatives[index]];
    const expand = templateExpansion({ seed: options.seed + picture, wildcards });
    drawn.push({
      prompt: await expand(prompt),
      negative: negative === undefined ? undefined : await expand(negative),
    });
    templates.push({ prompt, ...(negative !== undefined && { negativePrompt: negative }) });
  }
  return {
    options: {
      ...options,
      prompt: drawn.map(({ prompt }) => prompt),
      negativePrompt: options.negativePrompt === undefined ? undefined : drawn.map(({ negative }) => negative ?? ""),
      count: 1,
      dynamicPrompts: "off",
    },
    templates,
  };
}
