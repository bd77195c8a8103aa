// Random numbers without a state to save: the stream of (seed, epoch, index) is always the same, so a run that is resumed
// in the middle of an epoch draws what it would have drawn.

import { philox4x32 } from "../util/rng/philox.ts";

/** A uniform number in [0, 1). */
export type Random = () => number;

/** The stream that belongs to `seed` and up to two further numbers. */
export function randomStream(seed: number, first = 0, second = 0): Random {
  const key = [seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0] as const;
  const words = new Uint32Array(4);
  let block = 0;
  let left = 0;
  return () => {
    if (left === 0) {
      philox4x32([block++, 0, first >>> 0, second >>> 0], key, words);
      left = 4;
    }
    return words[--left] / 2 ** 32;
  };
}

/** One of `items`, each as likely as the others. */
export const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)];

/** A number in [low, high). */
export const between = (random: Random, low: number, high: number): number => low + random() * (high - low);

/** One of the keys of `weights`, in proportion to their values. Throws when no value is above 0. */
export function pickWeighted<K extends string>(random: Random, weights: Readonly<Record<K, number>>): K {
  const keys = (Object.keys(weights) as K[]).filter((key) => weights[key] > 0);
  const total = keys.reduce((sum, key) => sum + weights[key], 0);
  if (!(total > 0)) throw new RangeError(`Cannot choose: the weights add up to ${total} (a positive number is wanted)`);
  let rest = random() * total;
  for (const key of keys) {
    rest -= weights[key];
    if (rest < 0) return key;
  }
  return keys[keys.length - 1]; // rounding
}

/** A number in [0, 1) that depends on `text` alone: what a hash-based split compares with its share. */
export function hashFraction(text: string): number {
  // FNV-1a over UTF-16 units, then the finalizer of MurmurHash3, which spreads the last units over all bits.
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
