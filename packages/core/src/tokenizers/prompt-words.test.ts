import fc from "fast-check";
import { expect, it } from "vitest";
import { openTokenizer } from "./open.ts";
import { promptWords } from "./prompt-words.ts";

const clip = await openTokenizer({ builtIn: "clip", padToken: "<|endoftext|>" });
const wordsOf = (text: string) => promptWords(text, clip.encode(text));

it("promptWords() joins the tokens of a word and leaves punctuation out", () => {
  expect(wordsOf("a Fox, (antidisestablishmentarianism)")).toEqual([
    { text: "a", tokens: [1] },
    { text: "Fox", tokens: [2] },
    { text: "antidisestablishmentarianism", tokens: expect.arrayContaining([5, 6]) as unknown },
  ]);
});

it("promptWords() joins the tokens of one character", () => {
  expect(wordsOf("🦊 fox").map(({ text }) => text)).toEqual(["🦊", "fox"]);
});

it("promptWords() leaves out what lies behind the end", () => {
  const text = "one two three";
  expect(promptWords(text, clip.encode(text), { first: 5, end: 7 })).toEqual([
    { text: "one", tokens: [5] },
    { text: "two", tokens: [6] },
  ]);
});

it("promptWords() gives no token to two words, and only words of the text, whatever it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const words = promptWords(text, clip.encode(text), { end: Infinity });
      const tokens = words.flatMap((word) => word.tokens);
      expect(new Set(tokens).size).toBe(tokens.length);
      for (const word of words) expect(text).toContain(word.text);
    }),
    { numRuns: 50 },
  );
});
