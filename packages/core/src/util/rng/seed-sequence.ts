// NumPy's SeedSequence: one seed and a path of integers → as many well-mixed 32-bit seeds as wanted. M. E. O'Neill, "Developing a
// seed_seq Alternative", 2015, as in numpy.random; every word agrees with it.

/** A place in the tree of sequences that one entropy is the root of. */
export interface SeedSequenceOptions {
  /** Which of the sequence's children: integers from 0 up to 2⁵³. */
  readonly path?: readonly number[];
  /** Words the entropy is pooled in, 4 or more. */
  readonly poolSize?: number;
}

/** The first `count` words of `SeedSequence(entropy, spawn_key=path, pool_size=poolSize)`. */
export function seedSequence(
  entropy: number | bigint,
  count: number,
  { path = [], poolSize = 4 }: SeedSequenceOptions = {},
): Uint32Array {
  const own = words(BigInt(entropy));
  // A path goes behind the pool, so that no entropy of another length is mistaken for it.
  const padding = path.length > 0 ? Array<number>(Math.max(poolSize - own.length, 0)).fill(0) : [];
  const all = [...own, ...padding, ...path.flatMap((step) => words(BigInt(step)))];

  const hash = hasher(0x43b0d7e5, 0x931e8875);
  const pool = Uint32Array.from({ length: poolSize }, (_, i) => hash(all[i] ?? 0));
  for (let from = 0; from < poolSize; from++) {
    for (let to = 0; to < poolSize; to++) if (to !== from) pool[to] = mix(pool[to], hash(pool[from]));
  }
  for (const word of all.slice(poolSize)) pool.forEach((value, to) => (pool[to] = mix(value, hash(word))));

  const draw = hasher(0x8b51f9dd, 0x58f38ded);
  return Uint32Array.from({ length: count }, (_, i) => draw(pool[i % poolSize]));
}

// A multiplicative hash whose constant moves on with every call.
function hasher(start: number, factor: number): (value: number) => number {
  let constant = start;
  return (value) => {
    const mixed = value ^ constant;
    constant = Math.imul(constant, factor);
    return folded(Math.imul(mixed, constant));
  };
}

const mix = (x: number, y: number): number => folded(Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y));
const folded = (value: number): number => (value ^ ((value >>> 0) >>> 16)) >>> 0;

// 32-bit words, lowest first; 0 is one word.
function words(value: bigint): number[] {
  const low = Number(value & 0xffffffffn);
  return value >> 32n === 0n ? [low] : [low, ...words(value >> 32n)];
}
