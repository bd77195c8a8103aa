// Weights in prompts. AUTOMATIC1111: (x) is 1.1, (x:1.3) the number, [x] 1/1.1, and they multiply; round and square
// brackets close on their own, "([a)]" works; a bracket that is never closed holds to the end. ComfyUI: round brackets
// only, a number replaces what stands around it, and a bracket without its partner is text.

import type { PlacedText, PromptWarning } from "./placed-text.ts";
import { joinPlaced, rangeOf, slicePlaced } from "./placed-text.ts";

/** A run of text with one weight, or the end of a chunk. */
export type PromptPiece =
  | { readonly kind: "text"; readonly text: PlacedText; readonly weight: number }
  | { readonly kind: "break"; readonly text: PlacedText };

/** Pieces in order, and what there is to say about the brackets. */
export interface WeightedPrompt {
  readonly pieces: readonly PromptPiece[];
  readonly warnings: readonly PromptWarning[];
}

/** What one bracket multiplies by. */
const bracketWeight = 1.1;

const weightPattern = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)`;

type Mutable = { kind: "text"; text: PlacedText; weight: number } | { kind: "break"; text: PlacedText };

/** The weights of `prompt` by AUTOMATIC1111's rules, BREAK included. Never throws. */
export function a1111Weights(prompt: PlacedText): WeightedPrompt {
  const pieces: Mutable[] = [];
  const warnings: PromptWarning[] = [];
  type Open = { readonly from: number; readonly at: number };
  const round: Open[] = [];
  const square: Open[] = [];
  const multiply = ({ from }: Open, factor: number) => {
    for (let i = from; i < pieces.length; i++) {
      const piece = pieces[i];
      if (piece.kind === "text") piece.weight = finite(piece.weight * factor);
    }
  };
  const push = (start: number, end: number) =>
    pieces.push({ kind: "text", text: slicePlaced(prompt, start, end), weight: 1 });
  const warn = (at: number, message: string) =>
    warnings.push({ message, start: prompt.places[at], end: prompt.places[at] + 1 });

  const pattern = new RegExp(
    String.raw`\\[()[\]\\]|\\|[([]|:\s*(${weightPattern})\s*\)|[)\]]|\bBREAK\b|(?:(?!\bBREAK\b)[^\\()[\]:])+|:`,
    "g",
  );
  for (const { 0: token, 1: weight, index } of prompt.text.matchAll(pattern)) {
    const end = index + token.length;
    if (token.startsWith("\\")) push(index + 1, end);
    else if (token === "(") round.push({ from: pieces.length, at: index });
    else if (token === "[") square.push({ from: pieces.length, at: index });
    else if (weight !== undefined && round.length > 0) multiply(round.pop()!, finite(Number(weight)));
    else if (token === ")" && round.length > 0) multiply(round.pop()!, bracketWeight);
    else if (token === "]" && square.length > 0) multiply(square.pop()!, 1 / bracketWeight);
    else if (token === "BREAK") pieces.push({ kind: "break", text: slicePlaced(prompt, index, end) });
    else {
      push(index, end);
      if (token !== ":" && /[)\]]$/.test(token)) warn(end - 1, `"${token.at(-1)}" closes nothing and is text`);
    }
  }
  const unclosed = [
    ...round.map((open) => ({ ...open, bracket: "(", factor: bracketWeight, by: `${bracketWeight}` })),
    ...square.map((open) => ({ ...open, bracket: "[", factor: 1 / bracketWeight, by: `1/${bracketWeight}` })),
  ].sort((a, b) => a.at - b.at);
  // In one sweep: thousands of them would be as many passes.
  let [next, factor] = [0, 1];
  for (const [i, piece] of pieces.entries()) {
    for (; next < unclosed.length && unclosed[next].from <= i; next++) factor = finite(factor * unclosed[next].factor);
    if (piece.kind === "text") piece.weight = finite(piece.weight * factor);
  }
  for (const { at, bracket, by } of unclosed)
    warn(at, `"${bracket}" is never closed: it weights all that follows by ${by}`);
  return { pieces: joinEqual(pieces), warnings };
}

/** The weights of `prompt` by ComfyUI's rules. Never throws. */
export function comfyuiWeights(prompt: PlacedText): WeightedPrompt {
  const pieces: PromptPiece[] = [];
  const warnings: PromptWarning[] = [];
  const waiting: { text: PlacedText; weight: number }[] = [{ text: prompt, weight: 1 }];
  while (waiting.length > 0) {
    const { text, weight } = waiting.pop()!;
    const inner: typeof waiting = [];
    const parts = outerBrackets(text);
    for (const part of parts) {
      if (!/^\([^]*(?<!\\)\)$/.test(part.text)) {
        inner.push({ text: part, weight });
        continue;
      }
      const inside = slicePlaced(part, 1, -1);
      const colon = inside.text.lastIndexOf(":");
      const written = colon > 0 ? numberIn(inside.text.slice(colon + 1)) : undefined;
      inner.push(
        written === undefined
          ? { text: inside, weight: finite(weight * bracketWeight) }
          : { text: slicePlaced(inside, 0, colon), weight: written },
      );
    }
    // Without brackets left it is text; else its parts come next, the first one on top.
    if (parts.length > 1 || inner[0]?.text !== parts[0]) waiting.push(...inner.reverse());
    else if (text.text !== "") {
      pieces.push({ kind: "text", text: unescaped(text), weight });
      for (const { index } of text.text.matchAll(/(?<!\\)[()]/g)) {
        const message = `"${text.text[index]}" has no partner and is text`;
        warnings.push({ message, ...rangeOf(slicePlaced(text, index, index + 1)) });
      }
    }
  }
  return { pieces, warnings };
}

/** `text` cut before and after each outermost bracket; one that is never closed takes the rest. */
function outerBrackets(text: PlacedText): PlacedText[] {
  const parts: PlacedText[] = [];
  let [from, depth] = [0, 0];
  const cut = (at: number) => {
    if (at > from) parts.push(slicePlaced(text, from, at));
    from = at;
  };
  for (const { 0: token, index } of text.text.matchAll(/\\[()]|[()]/g)) {
    if (token === "(" && depth++ === 0) cut(index);
    if (token === ")" && --depth === 0) cut(index + 1);
  }
  cut(text.text.length);
  return parts;
}

/** Without the backslashes of \( and \). */
function unescaped(text: PlacedText): PlacedText {
  const parts: PlacedText[] = [];
  let from = 0;
  for (const { index } of text.text.matchAll(/\\[()]/g)) {
    parts.push(slicePlaced(text, from, index));
    from = index + 1;
  }
  return joinPlaced([...parts, slicePlaced(text, from)]);
}

function numberIn(text: string): number | undefined {
  const number = new RegExp(`^${weightPattern}(?:[eE][+-]?\\d+)?$`).test(text.trim()) ? Number(text) : undefined;
  return number !== undefined && Number.isFinite(number) ? number : undefined;
}

// A thousand nested brackets would leave the range of a number.
const finite = (weight: number): number => Math.max(-Number.MAX_VALUE, Math.min(weight, Number.MAX_VALUE));

/** Neighbours of equal weight as one piece: words that brackets cut in two are whole again. */
function joinEqual(pieces: readonly PromptPiece[]): PromptPiece[] {
  const runs: PromptPiece[][] = [];
  for (const piece of pieces) {
    const last = runs.at(-1)?.[0];
    if (piece.kind === "text" && piece.text.text === "") continue;
    if (piece.kind === "text" && last?.kind === "text" && last.weight === piece.weight) runs.at(-1)!.push(piece);
    else runs.push([piece]);
  }
  return runs.map((run) => ({ ...run[0], text: joinPlaced(run.map(({ text }) => text)) }));
}
