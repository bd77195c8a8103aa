import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clipTokenizer } from "./clip.ts";
import { parseVocabulary } from "./clip-vocabulary.ts";
import { trainTokenizer } from "./train-bpe.ts";
import type { TrainTokenizerOptions } from "./train-bpe.ts";

const captions = [
  "a red fox, 3d glossy",
  "a red heart, flat",
  "the red rocket's flame",
  "红色的狐狸,光泽",
  "红色的心",
  "赤いキツネ、つやつや",
  "赤いハート",
  "🦊 🚀 🦊",
];
const train = (texts: readonly string[], options?: TrainTokenizerOptions) => {
  const files = trainTokenizer(texts, options);
  const { ids, size } = parseVocabulary({ vocab: files["vocab.json"], merges: files["merges.txt"] });
  const tokenizer = clipTokenizer(parseVocabulary({ vocab: files["vocab.json"], merges: files["merges.txt"] }));
  return { files, ids, size, tokenizer, merges: files["merges.txt"].trim().split("\n").slice(1) };
};

describe("train-bpe", () => {
  it("trainTokenizer() learns the paper's merges when the words are the paper's", () => {
    // Sennrich et al., figure 1: low ×5, lower ×2, newest ×6, widest ×3. The first merges are e s, es t, est </w>
    // (here t carries the mark), l o, lo w; of equal counts the pair that comes first in the sorted words.
    const words = [
      ["low", 5],
      ["lower", 2],
      ["newest", 6],
      ["widest", 3],
    ] as const;
    const text = words.flatMap(([word, count]) => new Array<string>(count).fill(word)).join(" ");
    const { merges } = train([text], { size: 514 + 4 });
    expect(merges).toEqual(["e s", "es t</w>", "l o", "n e"]);
  });

  it("trainTokenizer() lays ids out as CLIP does", () => {
    const { ids, size, merges } = train(captions, { size: 530 });
    expect([size, ids.size, merges.length]).toEqual([530, 530, 16]);
    expect([
      ids.get("!"),
      ids.get("a"),
      ids.get("!</w>"),
      ids.get("<|startoftext|>"),
      ids.get("<|endoftext|>"),
    ]).toEqual([0, 64, 256, 528, 529]);
    expect(ids.get(merges[0].replace(" ", ""))).toBe(512);
  });

  it("trainTokenizer() makes words of its captions one token when there is room, in every script", () => {
    const { tokenizer } = train(captions, { minimumCount: 1 });
    for (const word of ["red", "fox", "红色的心", "赤いハート", "🚀"])
      expect(tokenizer.encode(word).ids).toHaveLength(1);
  });

  it("trainTokenizer() gives the same files when the captions come in another order", () => {
    expect(trainTokenizer(captions.toReversed(), { size: 600 })).toEqual(trainTokenizer(captions, { size: 600 }));
  });

  it("trainTokenizer() makes a tokenizer that encodes and decodes any text", () => {
    const { tokenizer } = train(captions, { size: 600 });
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        const { ids } = tokenizer.encode(text);
        expect(ids.every((id) => id < 600)).toBe(true);
        const plain = (words: string) => words.normalize("NFC").replace(/\p{White_Space}/gu, "");
        const lower = Array.from(text.normalize("NFC"), (character) => character.toLowerCase()).join("");
        expect(plain(tokenizer.decode(ids))).toBe(plain(lower));
      }),
      { seed: 1 },
    );
  });

  it("trainTokenizer() never writes a merge twice and its training words keep their merges when texts are any", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c", " "), maxLength: 12 })), (texts) => {
        const { merges } = train(texts, { size: 560, minimumCount: 1 });
        expect(new Set(merges).size).toBe(merges.length);
      }),
      { seed: 2 },
    );
  });

  it("trainTokenizer() names the special tokens and the length in its other files", () => {
    const files = trainTokenizer(captions, { size: 520, positions: 32 });
    expect(JSON.parse(files["tokenizer_config.json"])).toMatchObject({
      tokenizer_class: "CLIPTokenizer",
      model_max_length: 32,
      unk_token: "<|endoftext|>",
    });
    expect(JSON.parse(files["special_tokens_map.json"])).toMatchObject({ bos_token: "<|startoftext|>" });
  });

  it("trainTokenizer() throws when there is no room for a merge", () => {
    expect(() => trainTokenizer([], { size: 514 })).toThrow(
      "Cannot train a tokenizer: 514 tokens (more than 514 are wanted)",
    );
  });
});
