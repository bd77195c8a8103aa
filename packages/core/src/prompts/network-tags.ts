// <lora:name:weight>, <hypernet:name:weight>: networks named inside a prompt, as AUTOMATIC1111's extra networks are.
// The tags are no text: they are taken out before the prompt is read.

import type { PlacedText, PromptWarning } from "./placed-text.ts";
import { rangeOf, slicePlaced, withoutMatches } from "./placed-text.ts";

/** A network that a prompt asks for, and how strongly. */
export type NetworkTag = {
  readonly name: string;
  /** The range of the written prompt. */
  readonly start: number;
  readonly end: number;
} & (
  | {
      readonly kind: "lora";
      /** Strength in the text encoder. */
      readonly textEncoder: number;
      readonly unet: number;
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
 * the UNet, rank) or by name (te=, unet=, dyn=); a strength left out is the one before it, or 1. Never throws: a number that
 * is none is 1, with a warning.
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
      const number = text.trim() === "" ? NaN : Number(text);
      if (Number.isFinite(number)) return number;
      warn(`"${text}" in ${tag} is no number: ${otherwise} is taken`);
      return otherwise;
    };
    const name = placed[0] ?? "";
    if (kind === "hypernet") {
      networks.push({ kind, name, weight: strength(placed[1], 1), ...range });
      continue;
    }
    const textEncoder = strength(named.get("te"), strength(placed[1], 1));
    const unet = strength(named.get("unet"), strength(placed[2], textEncoder));
    const rank = named.get("dyn") ?? placed[3];
    networks.push({ kind, name, textEncoder, unet, ...(rank !== undefined && { rank: strength(rank, 0) }), ...range });
  }
  return { text: withoutMatches(prompt, tagPattern), networks, warnings };
}
