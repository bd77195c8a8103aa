// Byte-pair encoding (Sennrich et al. 2016, arXiv 1508.07909): of all neighbours in a word, the pair that was learned
// first becomes one symbol, again and again, until no learned pair is left.

import { minQueue } from "./min-queue.ts";

/** Learned merges over symbol ids. */
export interface Merges {
  /** When the pair was learned, 0 first; undefined for a pair that never was. */
  rank(left: number, right: number): number | undefined;
  /** The id of the symbol that the merge of this rank makes. */
  result(rank: number): number;
}

/** A symbol of an encoded word. */
export interface MergedSymbol {
  readonly id: number;
  /** How many of the word's first symbols it covers. */
  readonly length: number;
}

// rank · 2³¹ + place is exact below 2⁵³: ranks below 2²², words below 2³¹ symbols.
const places = 2 ** 31;

/** Merges the symbols of one word. O(n log n): every candidate enters the queue once, the stale ones are skipped. */
export function mergeSymbols(word: readonly number[], merges: Merges): MergedSymbol[] {
  const ids = [...word];
  const next = ids.map((_, place) => place + 1);
  const previous = ids.map((_, place) => place - 1);
  const queue = minQueue();
  const offer = (place: number) => {
    const rank = next[place] < ids.length ? merges.rank(ids[place], ids[next[place]]) : undefined;
    if (rank !== undefined) queue.push(rank * places + place);
  };
  ids.forEach((_, place) => offer(place));

  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    const place = key % places;
    const rank = Math.floor(key / places);
    const right = next[place];
    if (right >= ids.length || merges.rank(ids[place], ids[right]) !== rank) continue;
    ids[place] = merges.result(rank);
    ids[right] = gone;
    next[place] = next[right];
    if (next[place] < ids.length) previous[next[place]] = place;
    offer(place);
    if (previous[place] >= 0) offer(previous[place]);
  }

  const symbols: MergedSymbol[] = [];
  for (let place = 0; place < ids.length; place = next[place]) {
    symbols.push({ id: ids[place], length: next[place] - place });
  }
  return symbols;
}

/** The id of a place whose symbol went into its left neighbour: in no merge. */
const gone = -1;
