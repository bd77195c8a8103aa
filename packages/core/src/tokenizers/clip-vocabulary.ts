// CLIP's vocabulary: which id each token has, and which pairs merge in which order. A token is a string of byte symbols;
// "</w>" marks the end of a word.

import { isRecord } from "../util/is-record.ts";
import type { Merges } from "./byte-pairs.ts";
import { byteSymbols } from "./byte-symbols.ts";

/** A byte-pair vocabulary. */
export interface Vocabulary {
  readonly ids: ReadonlyMap<string, number>;
  /** The largest id + 1: as many rows as the text encoder's table needs. */
  readonly size: number;
  readonly merges: Merges;
}

/** How many of the merges in OpenAI's file CLIP uses. */
export const openAiMerges = 48894;

/** The mark of a word's last symbol. */
export const wordEnd = "</w>";

/** Reads the texts of vocab.json (token → id) and merges.txt (one pair a line under "#version"). Throws when they clash. */
export function parseVocabulary({ vocab, merges }: { vocab: string; merges: string }): Vocabulary {
  const parsed: unknown = parseJson(vocab);
  if (!isRecord(parsed)) {
    throw new TypeError("Cannot read vocab.json: it is no object (ids by token are wanted)");
  }
  const ids = new Map(Object.entries(parsed as Record<string, number>));
  for (const [token, id] of ids) {
    if (!Number.isInteger(id) || id < 0 || id > largestId) {
      throw new RangeError(
        `Cannot read vocab.json: ${JSON.stringify(token)} has id ${String(id)} (an integer from 0 to ${largestId} is wanted)`,
      );
    }
  }
  return { ids, size: sizeOf(ids), merges: parseMerges(merges.split("\n"), ids) };
}

/**
 * Reads OpenAI's own file: a title line, then merges, of which CLIP uses the first 48894. The ids are the 256 byte
 * symbols, the same as ends of words, one token for each merge, and the two special tokens: 49408.
 */
export function parseOpenAiVocabulary(text: string): Vocabulary {
  const lines = text.split("\n").slice(1, 1 + openAiMerges);
  const symbols = [...byteSymbols].sort();
  const tokens = [
    ...symbols,
    ...symbols.map((symbol) => symbol + wordEnd),
    ...lines.map((line) => line.replace(" ", "")),
    "<|startoftext|>",
    "<|endoftext|>",
  ];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  return { ids, size: sizeOf(ids), merges: parseMerges(lines, ids) };
}

/** 2²⁰: far above any vocabulary, and a pair of ids fits one exact number. */
const largestId = 2 ** 20;

function parseMerges(lines: readonly string[], ids: ReadonlyMap<string, number>): Merges {
  const ranks = new Map<number, number>();
  const results: number[] = [];
  const pairKey = (left: number, right: number) => left * (largestId + 1) + right;
  lines.forEach((line, i) => {
    const merge = line.trimEnd();
    if (merge === "" || (i === 0 && merge.startsWith("#version"))) return;
    const [left, right, ...rest] = merge.split(" ");
    const [leftId, rightId, resultId] = [left, right, left + right].map((token) => ids.get(token));
    if (leftId === undefined || rightId === undefined || resultId === undefined || rest.length > 0) {
      const problem =
        right === undefined || rest.length > 0
          ? "is no pair of tokens"
          : "merges tokens, or makes one, that the vocabulary does not have";
      throw new Error(`Cannot read merges.txt: line ${i + 1}, ${JSON.stringify(merge)}, ${problem}`);
    }
    ranks.set(pairKey(leftId, rightId), results.length);
    results.push(resultId);
  });
  return { rank: (left, right) => ranks.get(pairKey(left, right)), result: (rank) => results[rank] };
}

function sizeOf(ids: ReadonlyMap<string, number>): number {
  let largest = -1;
  for (const id of ids.values()) largest = Math.max(largest, id);
  return largest + 1;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Error(`Cannot read vocab.json: ${(cause as Error).message}`, { cause });
  }
}
