// Philox4x32-10: J. K. Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC'11. A counter-based generator: word block
// i is a hash of (counter, key), so any number can be computed without the ones before it. CUDA's randn uses it; `PhiloxGenerator`
// gives the normals of AUTOMATIC1111's emulation of it (its RNG source "NV"), which most shared GPU seeds refer to.

const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9; // golden ratio · 2³²
const WEYL_1 = 0xbb67ae85; // (√3 − 1) · 2³²
const ROUNDS = 10;

const TWO_POW_MINUS_32 = Math.fround(2.3283064e-10);
const TWO_PI_POW_MINUS_32 = Math.fround(Math.fround(2.3283064e-10) * Math.fround(6.2831855));

/** Four uniform 32-bit words for one counter value and key, written to `words`. */
export function philox4x32(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
  words = new Uint32Array(4),
): Uint32Array {
  for (let i = 0; i < 4; i++) words[i] = counter[i];
  let key0 = key[0];
  let key1 = key[1];
  for (let round = 0; round < ROUNDS; round++) {
    const word0 = words[0];
    const word2 = words[2];
    words[0] = multiplyHigh(MULTIPLIER_1, word2) ^ words[1] ^ key0;
    words[1] = Math.imul(MULTIPLIER_1, word2);
    words[2] = multiplyHigh(MULTIPLIER_0, word0) ^ words[3] ^ key1;
    words[3] = Math.imul(MULTIPLIER_0, word0);
    key0 = (key0 + WEYL_0) >>> 0;
    key1 = (key1 + WEYL_1) >>> 0;
  }
  return words;
}

/** Normals as AUTOMATIC1111's "NV" RNG source draws them. Each call to `randn` advances the counter by one. */
export class PhiloxGenerator {
  readonly #key: readonly [number, number];
  #offset = 0;

  /** `seed` is taken modulo 2⁶⁴. */
  constructor(seed: number | bigint) {
    const bits = BigInt.asUintN(64, BigInt(seed));
    this.#key = [Number(bits & 0xffffffffn), Number(bits >> 32n)];
  }

  /** N(0,1) values for a tensor of `dims`, row-major. */
  randn(dims: readonly number[]): Float32Array {
    const normals = new Float32Array(dims.reduce((product, dim) => product * dim, 1));
    const words = new Uint32Array(4);
    for (let i = 0; i < normals.length; i++) {
      philox4x32([this.#offset, 0, i, 0], this.#key, words);
      // Box–Muller, with the half-cell offsets that keep the uniforms inside (0, 1).
      const u = words[0] * TWO_POW_MINUS_32 + TWO_POW_MINUS_32 / 2;
      const v = words[1] * TWO_PI_POW_MINUS_32 + TWO_PI_POW_MINUS_32 / 2;
      normals[i] = Math.sqrt(-2 * Math.log(u)) * Math.sin(v);
    }
    this.#offset++;
    return normals;
  }

  /** The number of `randn` calls so far: all the state there is. */
  save(): number {
    return this.#offset;
  }

  /** Continues from a saved state. */
  restore(offset: number): void {
    this.#offset = offset;
  }
}

// The upper 32 bits of a 32×32-bit product. a·b = a·bHigh·2¹⁶ + a·bLow, and each part has at most 48 bits: exact in doubles.
function multiplyHigh(a: number, b: number): number {
  return Math.floor((a * (b >>> 16) + Math.floor((a * (b & 0xffff)) / 0x10000)) / 0x10000);
}
