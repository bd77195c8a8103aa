// The prompts of a run, as the UNet takes them under guidance.

import type { EmbeddingTable } from "../prompts/embeddings.ts";
import type { PassSteps } from "../prompts/schedule.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Parts } from "./run.ts";
import type { TextStates } from "./conditioning.ts";
import type { Condition } from "./unet-evaluation.ts";
import type { Networks } from "./networks.ts";
import type { ResolvedOptions } from "./options.ts";
import { blendStates } from "./prompt-blend.ts";
import type { PromptStates, WrittenPrompt } from "./prompt-conditions.ts";
import { promptStates, tokensOf } from "./prompt-conditions.ts";
import { sizeConditioning } from "./size-conditioning.ts";

/** One prompt with its negative one, and both as the UNet takes them. */
export interface EncodedPrompt {
  readonly prompt: string;
  readonly negativePrompt: string | undefined;
  readonly positive: Condition;
  /** Absent when guidance is off. */
  readonly negative: Condition | undefined;
  /** An empty prompt, where guidance goes by it. */
  readonly empty?: Condition;
}

/** How to encode the prompts of a pass. */
export interface EncodeConditionsOptions {
  readonly prompts: readonly string[];
  /** The sampler goes on from the negative half, whatever the scale. */
  readonly needsNegative: boolean;
  /** Network calls of the pass and of those before it: prompts that change count them. */
  readonly calls: PassSteps;
  readonly embeddings?: EmbeddingTable;
  /** Of each prompt, its networks with its adapters in them. */
  readonly adapted: readonly { readonly networks: Networks }[];
  readonly notice: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Every prompt with its negative one, encoded by the same networks; equal texts once. */
export async function encodeConditions(
  { checkpoint, networks, encoders }: Parts,
  options: ResolvedOptions & { width: number; height: number; guidanceScale: number },
  { prompts, needsNegative, calls, embeddings, adapted, notice, signal }: EncodeConditionsOptions,
): Promise<EncodedPrompt[]> {
  const { unet, textEncoder2 } = networks.configs;
  const { prompt2, negativePrompt, negativePrompt2, clipSkip, clipSkipNegative, emptyNegative } = options;
  if (Array.isArray(negativePrompt) && negativePrompt.length !== prompts.length) {
    throw new RangeError(
      `Cannot generate: ${negativePrompt.length} negative prompts for ${prompts.length} prompts (one for each is wanted)`,
    );
  }
  const sizes =
    unet.textTime &&
    sizeConditioning(options, {
      sizes: (unet.textTime.width - (textEncoder2?.projection ?? 0)) / unet.textTime.sizeCodeWidth,
    });
  let own = networks;
  const knownBy = new Map<Networks, Map<string, Promise<PromptStates>>>();
  const encode = (prompt: WrittenPrompt, leastChunks?: number): Promise<PromptStates> => {
    const key = JSON.stringify([prompt, leastChunks]);
    const known = knownBy.get(own) ?? new Map<string, Promise<PromptStates>>();
    const encoding = { encoders, networks: own, options, pass: calls, embeddings, notice, signal };
    const states = known.get(key) ?? promptStates(prompt, encoding, leastChunks);
    knownBy.set(own, known.set(key, states));
    return states;
  };
  const positiveOf = async (text: string, chunks?: number): Promise<PromptStates> => {
    const of = (words: string, least?: number) =>
      encode({ text: words, text2: prompt2, role: "positive", clipSkip }, least);
    const own = await of(text, chunks);
    if (options.promptTo === undefined) return own;
    // Both as long as the longer one.
    const to = await of(options.promptTo, Math.max(chunks ?? 1, chunksOf(own)));
    const from = chunksOf(to) > chunksOf(own) ? await of(text, chunksOf(to)) : own;
    return blended(from, to, { amount: options.promptBlend ?? 0.5, along: options.promptBlending });
  };
  const negativeOf = (text: string, chunks?: number): Promise<PromptStates> =>
    encode({ text, text2: negativePrompt2, role: "negative", clipSkip: clipSkipNegative }, chunks);
  const isZero = (negative: string | undefined): boolean =>
    emptyNegative === "zeros"
      ? textEncoder2 !== undefined && !negative && !negativePrompt2
      : emptyNegative === "model" &&
        negativePrompt === undefined &&
        checkpoint.modelIndex?.force_zeros_for_empty_prompt === true;

  const distilled = unet.guidanceCodeWidth !== undefined;
  const needsEmpty = options.guidanceScale > 1 && !distilled && options.guidanceMethod === "perp_neg";
  const encoded: EncodedPrompt[] = [];
  for (const [i, prompt] of prompts.entries()) {
    own = adapted[i].networks;
    const empty = needsEmpty ? conditionOf(await negativeOf(""), sizes?.negative) : undefined;
    const written = Array.isArray(negativePrompt) ? negativePrompt[i] : negativePrompt;
    let positive = await positiveOf(prompt);
    const isComposed = positive.parts.length > 1 || positive.parts[0].weight !== 1;
    // Guidance of a distilled model is an input of its UNet. CFG++ and AND use the negative half whatever the scale.
    const guided = (options.guidanceScale > 1 || needsNegative || isComposed) && !distilled;
    let negative: PromptStates | undefined;
    if (guided && isZero(written)) negative = ofOne(encoders.zeros());
    else if (guided) {
      negative = await negativeOf(written ?? "");
      const [ours, theirs] = [chunksOf(positive), chunksOf(negative)];
      if (options.padNegative && theirs < ours) negative = await negativeOf(written ?? "", ours);
      if (options.padNegative && ours < theirs) positive = await positiveOf(prompt, theirs);
    }
    encoded.push({
      prompt,
      negativePrompt: written,
      positive: conditionOf(positive, sizes?.positive),
      negative: negative && conditionOf(negative, sizes?.negative),
      ...(empty && { empty }),
    });
  }
  return encoded;

  function chunksOf(states: PromptStates): number {
    return tokensOf(states) / networks.configs[textEncoder2 === undefined ? "textEncoder" : "textEncoder2"]!.positions;
  }
}

/** `prompt` as a condition; one text from the first step to the last needs no more than its states. */
function conditionOf(prompt: PromptStates, timeIds: Tensor | undefined): Condition {
  const [{ weight, stages }] = prompt.parts;
  const isPlain = prompt.parts.length === 1 && weight === 1 && stages.length === 1;
  return { ...stages[0].states, timeIds, ...(!isPlain && { prompt }) };
}

const ofOne = (states: TextStates): PromptStates => ({
  parts: [{ weight: 1, stages: [{ until: Infinity, states }] }],
});

/** `from` on the way to `to`, at every step. Throws RangeError when `to` changes or has several parts. */
function blended(from: PromptStates, to: PromptStates, blending: Parameters<typeof blendStates>[2]): PromptStates {
  const [{ stages }] = to.parts;
  if (to.parts.length > 1 || stages.length > 1)
    throw new RangeError("Cannot blend towards promptTo: it changes over the steps or has an AND (one text is wanted)");
  return {
    parts: from.parts.map((part) => ({
      ...part,
      stages: part.stages.map(({ until, states }) => ({
        until,
        states: blendStates(states, stages[0].states, blending),
      })),
    })),
  };
}
