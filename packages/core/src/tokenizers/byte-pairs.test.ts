import fc from "fast-check";
import { expect, test } from "vitest";
import type { Merges } from "./byte-pairs.ts";
import { mergeSymbols } from "./byte-pairs.ts";
import { byteSymbols, symbolBytes } from "./byte-symbols.ts";
import { minQueue } from "./min-queue.ts";

test("minQueue() gives numbers back in order when they come in any", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (numbers) => {
      const queue = minQueue();
      numbers.forEach(queue.push);
      expect(numbers.map(() => queue.pop())).toEqual([...numbers].sort((a, b) => a - b));
      expect(queue.pop()).toBeUndefined();
    }),
  );
});

test("byteSymbols have one printable character for each byte", () => {
  expect(symbolBytes.size).toBe(256);
  expect(byteSymbols[0x41]).toBe("A");
  expect(byteSymbols[0]).toBe("Ā");
  expect(byteSymbols[0x20]).toBe("Ġ"); // as GPT-2's vocabulary shows
  expect(byteSymbols.join("")).not.toMatch(/\p{White_Space}|\p{C}/u);
});

/** The algorithm as the paper has it: all pairs of the lowest rank at once, left to right; quadratic. */
function mergeSlowly(word: readonly number[], merges: Merges): number[] {
  let ids = [...word];
  for (;;) {
    const ranks = ids.slice(1).map((right, i) => merges.rank(ids[i], right) ?? Infinity);
    const lowest = Math.min(...ranks);
    if (lowest === Infinity) return ids;
    const merged: number[] = [];
    for (let i = 0; i < ids.length; i++) {
      const found = i + 1 < ids.length && merges.rank(ids[i], ids[i + 1]) === lowest;
      merged.push(found ? merges.result(lowest) : ids[i]);
      if (found) i++;
    }
    ids = merged;
  }
}

test("mergeSymbols() gives the paper's symbols when the word and the merges are random", () => {
  // Symbols 0 … 3; merge r makes symbol 4 + r out of earlier ones, as training does.
  const learned = fc
    .array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 12 })
    .map((pairs) => pairs.map(([left, right], rank) => [left % (4 + rank), right % (4 + rank)] as const));
  fc.assert(
    fc.property(learned, fc.array(fc.nat({ max: 3 }), { maxLength: 60 }), (pairs, word) => {
      const merges: Merges = {
        rank: (left, right) => {
          const rank = pairs.findIndex(([a, b]) => a === left && b === right);
          return rank < 0 ? undefined : rank;
        },
        result: (rank) => 4 + rank,
      };
      const symbols = mergeSymbols(word, merges);
      expect(symbols.map(({ id }) => id)).toEqual(mergeSlowly(word, merges));
      expect(symbols.reduce((sum, { length }) => sum + length, 0)).toBe(word.length);
    }),
    { numRuns: 500 },
  );
});
