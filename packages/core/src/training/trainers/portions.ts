// Many things in portions.

/** Consecutive ranges of 0 … length−1, each of at most `most`. */
export function* portions(length: number, most: number): Generator<[start: number, count: number]> {
  for (let start = 0; start < length; start += most) yield [start, Math.min(most, length - start)];
}
