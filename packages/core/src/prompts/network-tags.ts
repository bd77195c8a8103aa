// <lora:name:weight>, <hypernet:name:weight>: networks named inside a prompt, as AUTOMATIC1111's extra networks are.
// The tags are no text: they are taken out before the prompt is read.

import type { PlacedText, PromptWarning } from "./placed-text.ts";
import { rangeOf, slicePlaced, withoutMatches } from "./placed-text.ts";

/** A weight, or weights at points of a run with straight lines between: up to 1 a point is a part of it, above a step. */
export type WeightCourse = number | readonly (readonly [at: number, weight: number])[];

/** A network that a prompt asks for, and how strongly. */
export type NetworkTag = {
  readonly name: string;
  /** The range of the written prompt. */
  readonly start: number;
  readonly end: number;
} & (
  | {
      readonly kind: "lora";
      /** Strength in the text encoder, which runs before the first step. */
      readonly textEncoder: number;
      readonly unet: WeightCourse;
      /** Where in a run it begins and ends to act: up to 1 a part of it, above a number of steps. */
      readonly from?: number;
      readonly until?: number;
      /** Factors of the UNet's blocks. */
      readonly blockWeights?: readonly number[];
      /** Rank to cut a dynamic LoRA to. */
      readonly rank?: number;
    }
  | { readonly kind: "hypernet"; readonly weight: number }
);

/** A prompt without its tags. */
export interface TaggedPrompt {
  readonly text: PlacedText;
  readonly networks: readonly NetworkTag[];
  readonly warnings: readonly PromptWarning[];
}

const tagPattern = /<(\w+):([^>]+)>/g;

/** Other names of the kinds. */
const kinds: Readonly<Record<string, NetworkTag["kind"]>> = { lora: "lora", lyco: "lora", hypernet: "hypernet" };

/**
 * Takes the tags out of `prompt`. Arguments stand between colons, by place (name, strength in the text encoder, strength in
 * the UNet, rank) or by name (te=, unet=, dyn=); a strength left out is the one before it, or 1. Strengths may change over
 * the steps, 0@0,1@0.5 (the LoRA Control extension's form); start=, stop= and lbw= are LoRA Block Weight's. Never throws: a
 * number that is none is 1, with a warning.
 */
export function networkTags(prompt: PlacedText): TaggedPrompt {
  const networks: NetworkTag[] = [];
  const warnings: PromptWarning[] = [];
  for (const { 0: tag, 1: written, 2: list, index } of prompt.text.matchAll(tagPattern)) {
    const range = rangeOf(slicePlaced(prompt, index, index + tag.length));
    const warn = (message: string) => warnings.push({ message, ...range });
    const kind = Object.hasOwn(kinds, written) ? kinds[written] : undefined;
    if (kind === undefined) {
      warn(`"${written}" is no kind of network (lora and hypernet are known): ${tag} is left out`);
      continue;
    }
    const named = new Map<string, string>();
    const placed: string[] = [];
    for (const argument of list.split(":")) {
      const equals = argument.indexOf("=");
      if (equals > 0) named.set(argument.slice(0, equals).trim(), argument.slice(equals + 1));
      else placed.push(argument);
    }
    const strength = (text: string | undefined, otherwise: number): number => {
      if (text === undefined) return otherwise;
      const number = toNumber(text);
      if (Number.isFinite(number)) return number;
      warn(`"${text}" in ${tag} is no number: ${otherwise} is taken`);
      return otherwise;
    };
    const name = placed[0] ?? "";
    if (kind === "hypernet") {
      networks.push({ kind, name, weight: strength(placed[1], 1), ...range });
      continue;
    }
    const course = (text: string | undefined, otherwise: WeightCourse): WeightCourse => {
      if (text === undefined) return otherwise;
      if (!text.includes("@")) return strength(text, typeof otherwise === "number" ? otherwise : 1);
      const points = text.split(/[,;]/).map((point) => point.split("@").map(toNumber));
      if (points.every((point) => point.length === 2 && point.every(Number.isFinite) && point[1] >= 0))
        return points.map(([weight, at]) => [at, weight] as const);
      warn(`"${text}" in ${tag} is no list of weight@step: 1 is taken`);
      return 1;
    };
    const text = course(named.get("te") ?? placed[1], 1);
    const unet = course(named.get("unet") ?? placed[2], text);
    const rank = named.get("dyn") ?? placed[3];
    const blockWeights = named.get("lbw")?.split(",").map(toNumber);
    if (blockWeights?.every(Number.isFinite) === false)
      warn(`lbw=${named.get("lbw")} in ${tag} is no list of numbers: all blocks are taken alike`);
    const moment = (argument: string) => {
      const at = named.has(argument) ? toNumber(named.get(argument)!) : undefined;
      if (at === undefined || at >= 0) return at;
      warn(`"${named.get(argument)}" in ${tag} is no step: ${argument} is left out`);
      return undefined;
    };
    const [from, until] = [moment("start"), moment("stop")];
    networks.push({
      kind,
      name,
      textEncoder: typeof text === "number" ? text : text[0][1],
      unet,
      ...(rank !== undefined && { rank: strength(rank, 0) }),
      ...(from !== undefined && { from }),
      ...(until !== undefined && { until }),
      ...(blockWeights?.every(Number.isFinite) && { blockWeights }),
      ...range,
    });
  }
  return { text: withoutMatches(prompt, tagPattern), networks, warnings };
}

const toNumber = (text: string): number => (text.trim() === "" ? NaN : Number(text));
