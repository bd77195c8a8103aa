// A byte-pair vocabulary learned from captions (Sennrich et al. 2016, arXiv 1508.07909, algorithm 1), in the files of
// CLIP's tokenizer: every string can be encoded, because every byte is a symbol.

import { byteSymbols } from "./byte-symbols.ts";
import { wordEnd } from "./clip-vocabulary.ts";
import { clipWords } from "./clip-words.ts";
import { minQueue } from "./min-queue.ts";

/** What to learn. */
export interface TrainTokenizerOptions {
  /** Largest number of tokens, with 512 byte symbols and 2 special ones: CLIP has 49408. */
  readonly size?: number;
  /** A pair that is rarer is not learned. */
  readonly minimumCount?: number;
  /** Length of prompts that the files announce, special tokens included. */
  readonly positions?: number;
}

/** The files of a CLIP tokenizer: their texts by name. */
export interface TokenizerFolder {
  readonly "vocab.json": string;
  readonly "merges.txt": string;
  readonly "tokenizer_config.json": string;
  readonly "special_tokens_map.json": string;
}

const [startToken, endToken] = ["<|startoftext|>", "<|endoftext|>"];

/**
 * A tokenizer for `texts`: its files, which clipTokenizer reads, and transformers' CLIPTokenizer too. The order of the
 * texts does not matter. Throws RangeError when `size` leaves no room for a merge.
 */
export function trainTokenizer(
  texts: Iterable<string>,
  { size = 8192, minimumCount = 2, positions = 77 }: TrainTokenizerOptions = {},
): TokenizerFolder {
  const symbols = [...byteSymbols].sort();
  const tokens = [...symbols, ...symbols.map((symbol) => symbol + wordEnd)];
  const room = size - tokens.length - 2;
  if (!(room > 0))
    throw new RangeError(`Cannot train a tokenizer: ${size} tokens (more than ${tokens.length + 2} are wanted)`);
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const merges = learnMerges(countedWords(texts, ids), { tokens, ids, size: size - 2, minimumCount });
  for (const special of [startToken, endToken]) ids.set(special, ids.size);

  const special = { bos_token: startToken, eos_token: endToken, unk_token: endToken, pad_token: endToken };
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
  return {
    "vocab.json": `${JSON.stringify(Object.fromEntries(ids))}\n`,
    "merges.txt": ["#version: 0.2", ...merges, ""].join("\n"),
    "tokenizer_config.json": json({
      tokenizer_class: "CLIPTokenizer",
      do_lower_case: true,
      model_max_length: positions,
      add_prefix_space: false,
      errors: "replace",
      ...special,
    }),
    "special_tokens_map.json": json(special),
  };
}

interface CountedWord {
  /** Ids of its symbols. */
  readonly symbols: readonly number[];
  readonly count: number;
}

/** The words of all texts as byte symbols, the last with the mark of a word's end; in the order of their texts. */
function countedWords(texts: Iterable<string>, ids: ReadonlyMap<string, number>): CountedWord[] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const word of clipWords(text)) counts.set(word.text, (counts.get(word.text) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([text, count]) => {
      const bytes = [...new TextEncoder().encode(text)];
      return {
        count,
        symbols: bytes.map((byte, i) => ids.get(byteSymbols[byte] + (i === bytes.length - 1 ? wordEnd : ""))!),
      };
    });
}

interface Pair {
  readonly left: number;
  readonly right: number;
  /** Place in the order of discovery: decides between equal counts. */
  readonly number: number;
  count: number;
  /** Indices of words that have, or had, it. */
  readonly words: Set<number>;
  /** Whether it is among the merges: it comes up again where another merge makes one of its tokens. */
  learned: boolean;
}

// (2²⁸ − count) · 2²⁵ + number is exact: counts below 2²⁸, numbers below 2²⁵.
const [largestCount, pairNumbers] = [2 ** 28, 2 ** 25];

/** The lines of merges.txt; `ids` and `tokens` grow by what they make, up to `size`. */
function learnMerges(
  words: readonly CountedWord[],
  {
    tokens,
    ids,
    size,
    minimumCount,
  }: { tokens: string[]; ids: Map<string, number>; size: number; minimumCount: number },
): string[] {
  const spelled = words.map(({ symbols }) => [...symbols]);
  const pairs = new Map<number, Pair>();
  const inOrder: Pair[] = [];
  const queue = minQueue();
  const touched = new Set<Pair>();

  /** Adds (or with −1 takes away) the pairs of a word. */
  const count = (index: number, sign: 1 | -1) => {
    const symbols = spelled[index];
    for (let i = 0; i + 1 < symbols.length; i++) {
      const key = symbols[i] * 2 ** 26 + symbols[i + 1];
      let pair = pairs.get(key);
      if (pair === undefined) {
        pair = {
          left: symbols[i],
          right: symbols[i + 1],
          number: inOrder.length,
          count: 0,
          words: new Set(),
          learned: false,
        };
        pairs.set(key, pair);
        inOrder.push(pair);
      }
      pair.count += sign * words[index].count;
      pair.words.add(index);
      touched.add(pair);
    }
  };
  const enqueueTouched = () => {
    for (const pair of touched) {
      if (pair.count >= largestCount || pair.number >= pairNumbers) {
        throw new RangeError(
          "Cannot train a tokenizer: the texts are too long (fewer than 2²⁸ of each pair are wanted)",
        );
      }
      if (pair.count >= minimumCount) queue.push((largestCount - pair.count) * pairNumbers + pair.number);
    }
    touched.clear();
  };

  spelled.forEach((_, index) => count(index, 1));
  enqueueTouched();
  const merges: string[] = [];
  while (ids.size < size) {
    const key = queue.pop();
    if (key === undefined) break;
    const pair = inOrder[key % pairNumbers];
    // Every change of a count has an entry of its own; the others are stale.
    if (pair.count !== largestCount - Math.floor(key / pairNumbers)) continue;
    const token = tokens[pair.left] + tokens[pair.right];
    // Two merges may make the same token: ab+c after a+bc.
    const id = ids.get(token) ?? ids.size;
    ids.set(token, id);
    tokens[id] = token;
    if (!pair.learned) merges.push(`${tokens[pair.left]} ${tokens[pair.right]}`);
    pair.learned = true;
    for (const index of pair.words) {
      const next = merged(spelled[index], pair, id);
      if (next.length === spelled[index].length) continue;
      count(index, -1);
      spelled[index] = next;
      count(index, 1);
    }
    touched.delete(pair);
    pair.words.clear();
    enqueueTouched();
  }
  return merges;
}

/** `symbols` with every `left` before a `right` made one `id`. */
function merged(symbols: readonly number[], { left, right }: Pair, id: number): number[] {
  const result: number[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      result.push(id);
      i++;
    } else result.push(symbols[i]);
  }
  return result;
}
