// A written prompt as conditions of the UNet: several where AND joins several, others at other steps where it changes.

import type { EmbeddingTable } from "../prompts/embeddings.ts";
import type { ReadPrompt } from "../prompts/read-prompt.ts";
import { promptSyntaxes, readPrompt } from "../prompts/read-prompt.ts";
import type { PassSteps } from "../prompts/schedule.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import type { TextEncoders, TextPieces, TextStates } from "./conditioning.ts";
import type { Networks } from "./networks.ts";
import type { ResolvedOptions } from "./options.ts";

/** What a prompt is to the UNet over a pass. */
export interface PromptStates {
  /** The parts that AND joins; most prompts have one, of weight 1. */
  readonly parts: readonly PromptPartStates[];
}

/** One part: its weight, and its states with the last network call (from 0) that each is for. */
export interface PromptPartStates {
  readonly weight: number;
  readonly stages: readonly { readonly until: number; readonly states: TextStates }[];
}

/** A text, the second encoder's where that is another, and how to read them. */
export interface WrittenPrompt {
  readonly text: string;
  readonly text2?: string;
  readonly role: "positive" | "negative";
  readonly clipSkip: number;
}

/** How to encode prompts, the same for all of a pass. */
export interface PromptEncoding {
  readonly encoders: TextEncoders;
  /** Those with the prompt's adapters in them. */
  readonly networks: Networks;
  readonly options: ResolvedOptions;
  /** In network calls, which A1111 takes for steps. */
  readonly pass: PassSteps;
  readonly embeddings?: EmbeddingTable;
  readonly notice: (text: string) => void;
  readonly signal: AbortSignal;
}

/** The states of `prompt`. */
export async function promptStates(
  { text, text2, role, clipSkip }: WrittenPrompt,
  { encoders, networks, options, pass, embeddings, notice, signal }: PromptEncoding,
  leastChunks?: number,
): Promise<PromptStates> {
  const { promptSyntax: syntax, emphasis, chunking, clipSkipSdxl } = options;
  const what = role === "positive" ? "prompt" : "negative prompt";
  const read = (written: string): ReadPrompt => {
    const result = readPrompt(written, { ...pass, syntax, weights: emphasis !== "none", role });
    for (const { message, start, end } of result.warnings)
      notice(`the ${what} at ${start + 1}, ${JSON.stringify(written.slice(start, end))}: ${message}`);
    return result;
  };
  const [first, second] = [read(text), text2 === undefined ? undefined : read(text2)];
  if (second !== undefined && second.parts.length > 1 && second.parts.length !== first.parts.length) {
    throw new RangeError(
      `Cannot generate: AND joins ${second.parts.length} parts in the second ${what} and ${first.parts.length} in the first (as many, or one, are wanted)`,
    );
  }
  const cutTexts = new Set<string>();
  const unknown = new Set<string>();
  const parts: PromptPartStates[] = [];
  for (const [i, part] of first.parts.entries()) {
    const other = second?.parts[second.parts.length === 1 ? 0 : i];
    const ends = [...new Set([part, other ?? part].flatMap(({ stages }) => stages.map(({ until }) => until)))];
    const texts = ends
      .sort((a, b) => a - b)
      .map((until): TextPieces & { until: number } => {
        const at = ({ stages }: typeof part) => stages.find((stage) => stage.until >= until)!.pieces;
        return { until, textEncoder: at(part), textEncoder2: at(other ?? part) };
      });
    const states = await encoders.encode(texts, {
      written: text,
      clipSkip,
      clipSkipSdxl,
      chunking,
      emphasis,
      leastChunks,
      networks,
      embeddings: { table: embeddings ?? new Map(), naming: promptSyntaxes[syntax].embeddings },
      onUnknown(mentions) {
        for (const { written: mention } of mentions) {
          if (!unknown.has(mention)) notice(`the ${what} names "${mention}", which is not there: it is left out`);
          unknown.add(mention);
        }
      },
      onCut({ start }, encoder) {
        const written = encoder === "textEncoder2" ? (text2 ?? text) : text;
        const rest = written.slice(start);
        if (!cutTexts.has(rest)) notice(`the ${what} is longer than 77 tokens; this was cut: ${JSON.stringify(rest)}`);
        cutTexts.add(rest);
      },
      signal,
    });
    parts.push({ weight: part.weight, stages: texts.map(({ until }, stage) => ({ until, states: states[stage] })) });
  }
  return { parts: equallyLong(parts) };
}

/** The number of tokens that the UNet gets. */
export const tokensOf = ({ parts }: PromptStates): number => parts[0].stages[0].states.context.dims[1];

/** What holds at network call `call`, from 0; behind the last one the last text stays. */
export function statesAt({ stages }: PromptPartStates, call: number): TextStates {
  // A1111 holds its count from 0 against steps that begin at 1: a text until step 3 is used in calls 0 to 3.
  return (stages.find(({ until }) => call <= until) ?? stages.at(-1)!).states;
}

/** AND's parts with as many tokens each as the longest has: the last one's state again, as in A1111. */
function equallyLong(parts: readonly PromptPartStates[]): readonly PromptPartStates[] {
  const longest = Math.max(...parts.map((part) => tokensOf({ parts: [part] })));
  const lengthened = (context: Tensor): Tensor => {
    const [, tokens, width] = context.dims;
    const last = context.data.subarray((tokens - 1) * width);
    const data = new Float32Array(longest * width);
    data.set(context.data);
    for (let token = tokens; token < longest; token++) data.set(last, token * width);
    return tensor([1, longest, width], data);
  };
  return parts.map(({ weight, stages }) => ({
    weight,
    stages: stages.map(({ until, states }) => ({
      until,
      states: states.context.dims[1] === longest ? states : { ...states, context: lengthened(states.context) },
    })),
  }));
}
