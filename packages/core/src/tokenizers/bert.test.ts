import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fixturePath, readGolden } from "../../../../fixtures/read-golden.ts";
import { bertTokenizer } from "./bert.ts";

const vocab = readFileSync(fixturePath("models/ldm-text2im/tokenizer/vocab.txt"), "utf8");
const tokenizer = bertTokenizer(vocab);
const cases: { text: string; ids: number[] }[] = readGolden("cases/ldm-text2im/tokenizer").json.cases;

describe("bert", () => {
  it.each(cases)("encode() is transformers' BertTokenizer's when the text is $text", ({ text, ids }) => {
    expect(tokenizer.encode(text)).toEqual(ids);
  });

  it("encode() is [UNK] when a word is longer than 100 characters or has no pieces", () => {
    expect(tokenizer.encode("e".repeat(101))).toEqual([2, 1, 3]);
    expect(tokenizer.encode("日")).toEqual([2, 1, 3]);
  });

  it("encodeTo() fills up and cuts, with [SEP] at the end, when texts are short and long", () => {
    expect(tokenizer.encodeTo("a", 5)).toEqual([2, 69, 3, 0, 0]);
    expect(tokenizer.encodeTo("a a a a a", 5)).toEqual([2, 69, 69, 69, 3]);
  });

  it("encode() keeps capitals and accents when it is told to", () => {
    const own = bertTokenizer("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nCafé\ncafe\n", { lowerCase: false });
    expect(own.encode("Café cafe [MASK]")).toEqual([2, 5, 6, 4, 3]);
  });

  it("encode() gives ids of the vocabulary when the text is any", () => {
    const size = vocab.trimEnd().split("\n").length;
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        expect(tokenizer.encode(text).every((id) => id >= 0 && id < size)).toBe(true);
      }),
      { seed: 1 },
    );
  });

  it("bertTokenizer() throws when a special token is missing", () => {
    expect(() => bertTokenizer("[PAD]\n[UNK]\na")).toThrow('Cannot make a tokenizer: "[CLS]" is not in the vocabulary');
  });
});
