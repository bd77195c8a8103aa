// How long a prompt is, as CLIP counts: by OpenAI's vocabulary, which is fetched when it is first needed.

import { promptReport } from "@noisette/core/prompts/prompt-report";
import type { ClipTokenizer } from "@noisette/core/tokenizers/clip";
import { openTokenizer } from "@noisette/core/tokenizers/open";

/** Tokens of a prompt, and how many its chunks hold. */
export interface TokenCount {
  readonly tokens: number;
  readonly places: number;
}

const chunkTokens = 75;
let opening: Promise<ClipTokenizer> | undefined;

/** The count of `prompt` where it is longest, over its steps and the prompts that AND joins. */
export async function countTokens(prompt: string, role: "positive" | "negative"): Promise<TokenCount> {
  opening ??= openTokenizer({ builtIn: "clip", padToken: "<|endoftext|>" });
  const tokenizer = await opening.catch((error: unknown) => {
    opening = undefined; // the next prompt tries again
    throw error;
  });
  const { parts } = promptReport(prompt, { tokenizer, chunking: "a1111", syntax: "a1111", steps: 20, role });
  return parts
    .flatMap(({ stages }) => stages)
    .map(({ chunks }) => ({
      tokens: chunks.reduce((sum, chunk) => sum + chunk.length, 0),
      places: chunks.length * chunkTokens,
    }))
    .reduce((longest, count) => (count.tokens > longest.tokens ? count : longest), { tokens: 0, places: chunkTokens });
}
