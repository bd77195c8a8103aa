// The words of a prompt and the tokens each became, for pictures of what a word did.

import type { Encoding } from "./clip.ts";

/** A word and where its tokens stand. */
export interface PromptWord {
  readonly text: string;
  /** Places in the text encoder's sequence. */
  readonly tokens: readonly number[];
}

/** The words of an encoded `text` whose first token has place `first`, as far as they begin before place `end`. Punctuation is left out. */
export function promptWords(
  text: string,
  { spans }: Pick<Encoding, "spans">,
  { first = 1, end = 76 }: { first?: number; end?: number } = {},
): PromptWord[] {
  const words: { text: string; tokens: number[] }[] = [];
  let before: readonly [start: number, end: number] | undefined;
  for (const [i, span] of spans.entries()) {
    if (first + i >= end) break;
    const piece = text.slice(...span).trim();
    // Tokens that touch are one word; several can stand for parts of one character.
    const touches = before !== undefined && span[0] <= before[1] && words.length > 0;
    if (isWord(piece) && touches && isWord(text.slice(...before!).trim())) {
      const word = words.at(-1)!;
      word.tokens.push(first + i);
      word.text += text.slice(Math.max(span[0], before![1]), span[1]);
    } else if (isWord(piece)) words.push({ text: piece, tokens: [first + i] });
    before = span;
  }
  return words;
}

const isWord = (piece: string): boolean => /[^\s\p{P}]/u.test(piece);
