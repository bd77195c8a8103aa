// Which parts of a prompt mean what, for colours behind the text: the prompt is read by the same grammar as when a picture
// is made, and every character keeps its place.

import { parsePrompt } from "@noisette/core/prompts/grammar";
import type { PromptNode } from "@noisette/core/prompts/grammar";
import { networkTags } from "@noisette/core/prompts/network-tags";
import { placed, rangeOf, withoutMatches } from "@noisette/core/prompts/placed-text";
import type { PlacedText, PromptWarning } from "@noisette/core/prompts/placed-text";
import { readPrompt } from "@noisette/core/prompts/read-prompt";

/** What a stretch of a prompt is. */
export type PromptPart =
  | "text"
  /** Text with a weight above or below 1. */
  | "more"
  | "less"
  /** Brackets, colons, numbers: what is not text itself. */
  | "mark"
  /** AND, BREAK. */
  | "keyword"
  /** <lora:…> */
  | "network"
  /** __wildcard__, {a|b} */
  | "choice"
  | "comment";

/** A stretch of one kind. */
export interface PromptStretch {
  readonly text: string;
  readonly part: PromptPart;
  /** It is there at some of the steps only. */
  readonly changes: boolean;
}

/** A prompt in stretches, and what is odd about it. */
export interface HighlightedPrompt {
  readonly stretches: readonly PromptStretch[];
  readonly warnings: readonly PromptWarning[];
}

// Fractions of a run come to whole steps: so many that parts of a tenth and a quarter are told apart.
const steps = 20;
const comment = /#[^\n]*/g;

/** The stretches of `prompt`; joined, they are it again. Never throws. */
export function highlightPrompt(prompt: string, role: "positive" | "negative"): HighlightedPrompt {
  // Until a reader claims it, everything is a mark.
  const parts = Array.from<unknown, PromptPart>({ length: prompt.length }, () => "mark");
  const changing = new Uint8Array(prompt.length);
  const paint = ({ places }: PlacedText, part: PromptPart) => {
    for (const place of places) parts[place] = part;
  };
  const paintMatches = (pattern: RegExp, part: PromptPart) => {
    for (const { 0: match, index } of prompt.matchAll(pattern)) parts.fill(part, index, index + match.length);
  };

  const { parts: composed, warnings } = readPrompt(prompt, { syntax: "a1111", steps, role });
  for (const { stages } of composed)
    for (const { pieces } of stages)
      for (const piece of pieces) {
        if (piece.kind === "break") paint(piece.text, "keyword");
        else paint(piece.text, piece.weight > 1 ? "more" : piece.weight < 1 ? "less" : "text");
      }
  const uncommented = withoutMatches(placed(prompt), comment);
  const tagged = role === "positive" ? networkTags(uncommented) : { text: uncommented, networks: [] };
  markChanging(parsePrompt(tagged.text), changing);
  for (const { start, end } of tagged.networks) parts.fill("network", start, end);
  paintMatches(/__[\w\-./* ]*?[\w\-./*]__|\{[^{}]*\|[^{}]*\}/g, "choice");
  if (role === "positive") paintMatches(/\bAND\b/g, "keyword");
  paintMatches(comment, "comment");
  return { stretches: stretchesOf(prompt, parts, changing), warnings };
}

function markChanging(nodes: readonly PromptNode[], changing: Uint8Array): void {
  const whole = (inside: readonly PromptNode[]) => {
    for (const node of inside)
      if (node.kind === "text") {
        const { start, end } = rangeOf(node.text);
        changing.fill(1, start, end);
      } else markChanging([node], changing);
  };
  for (const node of nodes) {
    if (node.kind === "scheduled") {
      whole(node.before ?? []);
      whole(node.after);
    } else if (node.kind === "alternating") for (const option of node.options) whole(option);
  }
}

function stretchesOf(prompt: string, parts: readonly PromptPart[], changing: Uint8Array): PromptStretch[] {
  const stretches: PromptStretch[] = [];
  for (let start = 0, end = 0; start < prompt.length; start = end) {
    while (end < prompt.length && parts[end] === parts[start] && changing[end] === changing[start]) end++;
    stretches.push({ text: prompt.slice(start, end), part: parts[start], changes: changing[start] === 1 });
  }
  return stretches;
}
