// CLIP's tokenizer (Radford et al. 2021, arXiv 2103.00020): byte-level byte-pair encoding of lower-cased text. Gives the
// ids of transformers' CLIPTokenizer, which are those the diffusion models are used with.

import type { MergedSymbol } from "./byte-pairs.ts";
import { mergeSymbols } from "./byte-pairs.ts";
import { byteSymbols, symbolBytes } from "./byte-symbols.ts";
import type { Vocabulary } from "./clip-vocabulary.ts";
import { wordEnd } from "./clip-vocabulary.ts";
import type { Word } from "./clip-words.ts";
import { clipWords } from "./clip-words.ts";

/** Text as ids. */
export interface Encoding {
  readonly ids: number[];
  /** For each id, the range [start, end) of the text it stands for, in UTF-16 units. */
  readonly spans: (readonly [start: number, end: number])[];
}

/** A CLIP tokenizer with its special ids. */
export interface ClipTokenizer {
  /** The largest id + 1. */
  readonly vocabularySize: number;
  readonly startId: number;
  readonly endId: number;
  /** What fills a prompt up: the end token's id for SD 1, 0 ("!") for SD 2 and SDXL's second encoder. */
  readonly padId: number;
  /** All ids of `text`, without start and end. Any string can be encoded, the empty one to no ids. */
  encode(text: string): Encoding;
  /** The text of `ids`, lower case and with spaces around each word; special tokens are left out. */
  decode(ids: readonly number[]): string;
}

/** Special tokens by their names in tokenizer_config.json. */
export interface SpecialTokens {
  readonly bosToken?: string;
  readonly eosToken?: string;
  readonly unkToken?: string;
  readonly padToken?: string;
  /** Tokens beside the vocabulary and their ids, such as those of learned concepts. */
  readonly addedTokens?: ReadonlyMap<string, number>;
}

/** Makes a tokenizer. Throws when a special token is in neither the vocabulary nor `addedTokens`. */
export function clipTokenizer(
  vocabulary: Vocabulary,
  {
    bosToken = "<|startoftext|>",
    eosToken = "<|endoftext|>",
    unkToken = eosToken,
    padToken = eosToken,
    addedTokens = new Map(),
  }: SpecialTokens = {},
): ClipTokenizer {
  const idOf = (token: string): number => {
    const id = addedTokens.get(token) ?? vocabulary.ids.get(token);
    if (id === undefined) throw new Error(`Cannot make a tokenizer: "${token}" is not in the vocabulary`);
    return id;
  };
  const [startId, endId, unknownId, padId] = [bosToken, eosToken, unkToken, padToken].map(idOf);
  // Special tokens are cut out of the text as it is written. With "!" for padding that means every "!", as in transformers.
  const specialTokens = [...new Set([bosToken, eosToken, unkToken, padToken, ...addedTokens.keys()])];
  const specialPattern = new RegExp(
    specialTokens
      .sort((a, b) => b.length - a.length)
      .map(escapePattern)
      .join("|"),
    "gu",
  );
  const specialIds = new Set([startId, endId, unknownId, padId]);
  const tokens = new Map([...vocabulary.ids, ...addedTokens].map(([token, id]) => [id, token]));
  const size = Math.max(vocabulary.size, ...[...addedTokens.values()].map((id) => id + 1));

  const cache = new Map<string, MergedSymbol[]>();
  const encodeWord = (word: string): MergedSymbol[] => {
    const known = cache.get(word);
    if (known) return known;
    const bytes = [...new TextEncoder().encode(word)];
    const symbols = bytes.map(
      (byte, i) => vocabulary.ids.get(byteSymbols[byte] + (i === bytes.length - 1 ? wordEnd : "")) ?? unknownId,
    );
    const merged = mergeSymbols(symbols, vocabulary.merges);
    if (cache.size >= cachedWords) cache.clear();
    if (word.length <= cachedLength) cache.set(word, merged);
    return merged;
  };

  return {
    vocabularySize: size,
    startId,
    endId,
    padId,
    encode(text) {
      const encoding: Encoding = { ids: [], spans: [] };
      const encodePart = (from: number, to: number) => {
        for (const word of clipWords(text.slice(from, to)))
          appendWord(encoding, word, { symbols: encodeWord(word.text), from });
      };
      let from = 0;
      for (const { 0: token, index } of text.matchAll(specialPattern)) {
        encodePart(from, index);
        from = index + token.length;
        encoding.ids.push(idOf(token));
        encoding.spans.push([index, from]);
      }
      encodePart(from, text.length);
      return encoding;
    },
    decode(ids) {
      const bytes: number[] = [];
      for (const id of ids) {
        const token = tokens.get(id);
        if (token === undefined) throw new RangeError(`Cannot decode id ${id}: the vocabulary has ${size} ids`);
        if (specialIds.has(id)) continue;
        if (addedTokens.has(token)) bytes.push(...new TextEncoder().encode(`${token} `));
        else for (const character of token.replace(wordEnd, " ")) bytes.push(symbolBytes.get(character) ?? space);
      }
      const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
      return text.replace(/^ +| +$/g, "");
    },
  };
}

/** Words repeat within prompts and between them; more than a prompt's worth is not worth the memory. */
const cachedWords = 16384;
const cachedLength = 256;

const space = 0x20;

/** Appends the symbols of a word, whose lengths count bytes, with their places in the text that starts at `from`. */
function appendWord(
  { ids, spans }: Encoding,
  { text, starts, ends }: Word,
  { symbols, from }: { symbols: readonly MergedSymbol[]; from: number },
): void {
  const unitOfByte: number[] = [];
  let unit = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const byteCount = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (let i = 0; i < byteCount; i++) unitOfByte.push(unit);
    unit += character.length;
  }
  let byte = 0;
  for (const { id, length } of symbols) {
    ids.push(id);
    spans.push([from + starts[unitOfByte[byte]], from + ends[unitOfByte[byte + length - 1]]]);
    byte += length;
  }
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
