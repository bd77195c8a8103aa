// What a prompt became, for people: which tokens with which weights, in which chunks, at which network calls.

import type { ClipTokenizer } from "../tokenizers/clip.ts";
import type { ChunkingId } from "./chunks.ts";
import { promptChunks } from "./chunks.ts";
import type { EmbeddingTable, EncoderPart } from "./embeddings.ts";
import type { NetworkTag } from "./network-tags.ts";
import type { PromptWarning } from "./placed-text.ts";
import type { ReadPromptOptions } from "./read-prompt.ts";
import { promptSyntaxes, readPrompt } from "./read-prompt.ts";

/** A prompt, laid out. */
export interface PromptReport {
  readonly prompt: string;
  /** Network calls that it is laid out over. */
  readonly calls: number;
  /** AND's parts. */
  readonly parts: readonly {
    readonly weight: number;
    readonly stages: readonly PromptReportStage[];
  }[];
  readonly networks: readonly NetworkTag[];
  readonly warnings: readonly PromptWarning[];
}

/** What the text encoder gets at some of the calls. */
export interface PromptReportStage {
  /** First and last, from 1, of each stretch of calls. */
  readonly calls: readonly (readonly [first: number, last: number])[];
  readonly chunks: readonly (readonly ReportedToken[])[];
  /** Where the prompt is cut off, when it is. */
  readonly cutAt?: number;
}

/** A token, and the range of the prompt that it stands for. */
export interface ReportedToken {
  readonly id: number;
  readonly text: string;
  readonly weight: number;
  readonly start: number;
  readonly end: number;
  /** The learned concept that one of its vectors stands here for. */
  readonly embedding?: string;
}

/** How to lay a prompt out. */
export interface PromptReportOptions extends ReadPromptOptions {
  readonly tokenizer: ClipTokenizer;
  readonly chunking: ChunkingId;
  /** Places of the text encoder. */
  readonly positions?: number;
  /** Learned concepts, and the text encoder that it is laid out for. */
  readonly embeddings?: { readonly table: EmbeddingTable; readonly part: EncoderPart };
}

/** Lays `prompt` out for the text encoder behind `tokenizer`. Never throws. */
export function promptReport(
  prompt: string,
  { tokenizer, chunking, positions = 77, embeddings, ...reading }: PromptReportOptions,
): PromptReport {
  const { parts, networks, warnings } = readPrompt(prompt, reading);
  const naming = promptSyntaxes[reading.syntax].embeddings;
  const left = new Map<number, PromptWarning>();
  const laidOut = parts.map(({ weight, stages }) => {
    const byTokens = new Map<string, PromptReportStage & { readonly calls: (readonly [number, number])[] }>();
    let first = 1;
    for (const { until, pieces } of stages) {
      // A text until step u holds in the calls 0 to u, see prompt-conditions.ts.
      const last = Math.min(until + 1, reading.steps);
      if (first > last) break;
      const { chunks, cut, unknown } = promptChunks(pieces, tokenizer, {
        chunking,
        capacity: positions - 2,
        embeddings: embeddings && { ...embeddings, naming },
      });
      for (const { written, ...range } of unknown)
        left.set(range.start, { message: `"${written}" is not there: it is left out`, ...range });
      const tokens = chunks.map((chunk) =>
        chunk.map(({ id, weight, start, end, embedding }) => {
          const text = prompt.slice(start, end);
          return { id, text, weight, start, end, ...(embedding !== undefined && { embedding }) };
        }),
      );
      const key = JSON.stringify(tokens);
      const known = byTokens.get(key);
      if (known === undefined)
        byTokens.set(key, { calls: [[first, last]], chunks: tokens, ...(cut && { cutAt: cut.start }) });
      else if (known.calls.at(-1)![1] === first - 1) known.calls.push([known.calls.pop()![0], last]);
      else known.calls.push([first, last]);
      first = last + 1;
    }
    return { weight, stages: [...byTokens.values()] };
  });
  return { prompt, calls: reading.steps, parts: laidOut, networks, warnings: [...warnings, ...left.values()] };
}
