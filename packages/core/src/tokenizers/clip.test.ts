import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseOpenAiVocabulary, parseVocabulary } from "./clip-vocabulary.ts";
import { clipTokenizer } from "./clip.ts";
import { clipTokens, padTo } from "./clip-tokens.ts";
import { openTokenizer } from "./open.ts";

const fixture = (path: string) => readFileSync(new URL(`../../../../fixtures/${path}`, import.meta.url), "utf8");
const tiny = (model: string) => ({
  vocab: fixture(`models/${model}/tokenizer/vocab.json`),
  merges: fixture(`models/${model}/tokenizer/merges.txt`),
  config: JSON.parse(fixture(`models/${model}/tokenizer/tokenizer_config.json`)) as Record<string, unknown>,
});

interface Case {
  readonly text: string;
  readonly ids: number[];
  readonly padded77: number[];
}
const clip = await openTokenizer({ builtIn: "clip", padToken: "<|endoftext|>" });
const openClip = await openTokenizer({ builtIn: "clip", padToken: "!" });

describe("golden ids of transformers' CLIPTokenizer", () => {
  const { cases } = JSON.parse(fixture("tokenizer/clip_cases.json")) as { cases: Case[] };
  test("cover the normalization", () => expect(cases.length).toBe(206));

  test.each(cases)("encode() and clipTokens() give the golden ids of $text", ({ text, ids, padded77 }) => {
    expect([49406, ...clip.encode(text).ids, 49407]).toEqual(ids);
    const tokens = clipTokens(clip, text);
    expect(tokens.ids).toEqual(padded77);
    expect(tokens.tokenCount).toBe(ids.length - 2);
    expect(tokens.truncated !== undefined).toBe(ids.length > 77);
  });

  const tinyCases = (JSON.parse(fixture("cases/sd1/tokenizer.json")) as { cases: Case[] }).cases;
  test.each(tinyCases)("a tiny vocabulary gives the golden ids of $text", async ({ text, ids, padded77 }) => {
    const tokenizer = await openTokenizer(tiny("sd1"));
    expect([tokenizer.startId, ...tokenizer.encode(text).ids, tokenizer.endId]).toEqual(ids);
    expect(clipTokens(tokenizer, text).ids).toEqual(padded77);
  });

  const decoded = (
    JSON.parse(fixture("tokenizer/clip_decode.json")) as { cases: { ids: number[]; decoded_skip_special: string }[] }
  ).cases;
  test.each(decoded)("decode() gives $decoded_skip_special", ({ ids, decoded_skip_special }) => {
    expect(clip.decode(ids)).toBe(decoded_skip_special);
  });
});

// Made with transformers 5.18 and the files of fixtures/models/sd2.
describe('a tokenizer that pads with "!"', async () => {
  const sd2 = await openTokenizer(tiny("sd2"));
  test.each([
    ["hello!", [71, 544, 75, 334, 0]],
    ["hi!!! there", [71, 328, 0, 0, 0, 513, 517, 324]],
    ["wow!<|endoftext|>x", [86, 78, 342, 0, 573, 343]],
    ["a!b", [320, 0, 321]],
  ])("encode() takes every ! of %j for the special token, as transformers does", (text, ids) => {
    expect(sd2.encode(text).ids).toEqual(ids);
  });

  test("clipTokens() pads with id 0 when tokenizer_config.json says so", () => {
    expect(clipTokens(sd2, "hello", 9).ids).toEqual([572, 71, 544, 75, 334, 573, 0, 0, 0]);
    expect(clipTokens(openClip, "a cat", 6).ids).toEqual([49406, 320, 2368, 49407, 0, 0]);
  });
});

describe("special tokens", () => {
  test("encode() cuts added tokens out of the text, the longest first", async () => {
    const files = tiny("sd1");
    const config = {
      ...files.config,
      added_tokens_decoder: {
        574: { content: "<cat>" },
        575: { content: "<cat>s" },
        573: { content: "<|endoftext|>" },
      },
    };
    const tokenizer = await openTokenizer({ ...files, config });
    expect(tokenizer.vocabularySize).toBe(576);
    expect(tokenizer.encode("a <cat>, <cat>s").ids).toEqual([320, 574, 267, 575]);
    expect(tokenizer.decode([320, 574, 267, 575])).toBe("a <cat> , <cat>s");
  });

  test("clipTokenizer() throws when a special token is not in the vocabulary", () => {
    const vocabulary = parseVocabulary({ vocab: '{"a": 0, "<|startoftext|>": 1, "<|endoftext|>": 2}', merges: "" });
    expect(() => clipTokenizer(vocabulary, { padToken: "<pad>" })).toThrow(
      'Cannot make a tokenizer: "<pad>" is not in the vocabulary',
    );
    expect(clipTokenizer(vocabulary).encode("ab").ids).toEqual([0, 2]); // "b</w>" is unknown
  });

  test("decode() throws when an id is not in the vocabulary", () => {
    expect(() => clip.decode([49408])).toThrow("Cannot decode id 49408: the vocabulary has 49408 ids");
  });
});

describe("vocabulary files", () => {
  const specials = '"<|startoftext|>": 2, "<|endoftext|>": 3';
  test.each([
    ["[]", "", "Cannot read vocab.json: it is no object"],
    ["{", "", "Cannot read vocab.json: "],
    ['{"a": 1.5}', "", 'Cannot read vocab.json: "a" has id 1.5 (an integer from 0'],
    ['{"a": -1}', "", 'Cannot read vocab.json: "a" has id -1'],
    [`{"a": 0, "b": 1, ${specials}}`, "#version: 0.2\na b\n", 'Cannot read merges.txt: line 2, "a b", merges tokens'],
    [`{"a": 0, "b": 1, ${specials}}`, "#version: 0.2\na\n", 'Cannot read merges.txt: line 2, "a", is no pair'],
  ])("parseVocabulary() throws when vocab.json is %s and merges.txt is %j", (vocab, merges, message) => {
    expect(() => parseVocabulary({ vocab, merges })).toThrow(message);
  });

  test("parseOpenAiVocabulary() throws when the file is another", () => {
    expect(() => parseOpenAiVocabulary("title\nzz yyy\n")).toThrow('Cannot read merges.txt: line 1, "zz yyy"');
  });
});

describe("any text", () => {
  const anyText = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme" }),
    fc.string(), // may hold lone surrogates' neighbours and control characters
    fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
    fc
      .array(
        fc.constantFrom(
          "e",
          "\u0301",
          "\u0323",
          "가",
          "ᄀ",
          "ᅡ",
          "ᆨ",
          " ",
          "Å",
          "Σ",
          "İ",
          "1",
          "'s",
          "<|",
          "|>",
          "ENDOFTEXT",
        ),
      )
      .map((parts) => parts.join("")),
  );

  test("encode() gives ids of the vocabulary and ascending places in the text", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { ids, spans } = clip.encode(text);
        expect(spans.length).toBe(ids.length);
        let start = 0;
        spans.forEach(([from, to], i) => {
          expect(ids[i]).toBeGreaterThanOrEqual(0);
          expect(ids[i]).toBeLessThan(clip.vocabularySize);
          expect(from).toBeGreaterThanOrEqual(start);
          expect(to).toBeGreaterThan(from);
          expect(to).toBeLessThanOrEqual(text.length);
          start = from;
        });
      }),
      { numRuns: 300 },
    );
  });

  test("encode() does not depend on the form of normalization", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(clip.encode(text.normalize("NFD")).ids).toEqual(clip.encode(text.normalize("NFC")).ids);
      }),
      { numRuns: 300 },
    );
  });

  test("decode() gives back normalized text, white space aside", () => {
    const bare = (text: string) => text.replace(/\p{White_Space}+/gu, "");
    const lower = (text: string) => Array.from(text.normalize("NFC"), (character) => character.toLowerCase()).join("");
    fc.assert(
      fc.property(anyText, (text) => {
        const wellFormed = new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text));
        expect(bare(clip.decode(clip.encode(text).ids))).toBe(bare(lower(wellFormed)));
      }),
      { numRuns: 300 },
    );
  });

  test("decode() gives back words with their spaces", () => {
    const words = fc.array(fc.stringMatching(/^[a-zà-öа-я]{1,12}$/), { maxLength: 12 });
    fc.assert(
      fc.property(words, (list) => {
        expect(clip.decode(clip.encode(list.join(" ")).ids)).toBe(list.join(" "));
      }),
    );
  });
});

describe("long prompts", () => {
  test("clipTokens() reports what was cut as it was written", () => {
    const prompt = `${"Word ".repeat(73)}two 猫Cafe\u0301 AND the rest, Of It\n`;
    const { ids, tokenCount, truncated } = clipTokens(clip, prompt);
    expect(ids.length).toBe(77);
    expect(tokenCount).toBe(74 + clip.encode("猫café and the rest, of it").ids.length);
    // The first of the word's four tokens still fits.
    expect(truncated).toBe("猫Cafe\u0301 AND the rest, Of It");
    expect(clipTokens(clip, "a cat").truncated).toBeUndefined();
  });

  test.each([
    ["one word of 10 000 letters", "a".repeat(10_000)],
    [
      "one word of 10 000 mixed letters",
      Array.from({ length: 10_000 }, (_, i) => "qwertyuiopas"[(i * i + 3 * i) % 12]).join(""),
    ],
    ["2 000 words", "some words are here ".repeat(500)],
    ["text to be composed", "e\u0301 ".repeat(3_333)],
    ["a run of punctuation", "!?".repeat(5_000)],
  ])("clipTokens() takes less than a second when the prompt is %s", (_, prompt) => {
    const start = performance.now();
    const { ids, truncated, tokenCount } = clipTokens(clip, prompt);
    expect(performance.now() - start).toBeLessThan(1000);
    expect(ids.length).toBe(77);
    expect(tokenCount).toBeGreaterThan(75);
    expect(truncated!.length).toBeGreaterThan(8_000);
  });

  test("padTo() throws when there is more than fits", () => {
    expect(padTo([1, 2], { length: 4, padId: 9 })).toEqual([1, 2, 9, 9]);
    expect(() => padTo([1, 2, 3], { length: 2, padId: 9 })).toThrow("Cannot pad 3 ids to 2");
  });
});
