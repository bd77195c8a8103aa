// The Mersenne Twister MT19937: M. Matsumoto, T. Nishimura, "Mersenne Twister: A 623-Dimensionally Equidistributed Uniform
// Pseudo-Random Number Generator", ACM TOMACS 8 (1998). 32-bit words, seeded as the authors' `init_genrand`.

const WORDS = 624; // n of the paper
const SHIFT = 397; // m of the paper

/** The whole state of an engine, enough to continue the same stream. */
export interface Mt19937State {
  readonly words: Uint32Array;
  readonly index: number;
}

/** A stream of uniform 32-bit words. */
export class Mt19937 {
  #words = new Uint32Array(WORDS);
  #index = WORDS;

  /** Seeds with the low 32 bits of `seed`. */
  constructor(seed: number) {
    const words = this.#words;
    words[0] = seed;
    for (let i = 1; i < WORDS; i++) {
      const previous = words[i - 1] ^ (words[i - 1] >>> 30);
      words[i] = Math.imul(1812433253, previous) + i;
    }
  }

  /** The next word, an integer in [0, 2³²). */
  next(): number {
    if (this.#index === WORDS) this.#twist();
    let word = this.#words[this.#index++];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    word ^= word >>> 18;
    return word >>> 0;
  }

  /** A copy of the state. */
  save(): Mt19937State {
    return { words: this.#words.slice(), index: this.#index };
  }

  /** Continues from a saved state. */
  restore(state: Mt19937State): void {
    this.#words = state.words.slice();
    this.#index = state.index;
  }

  // Replaces all n words: x[k+n] = x[k+m] ⊕ A·(upper bit of x[k] | lower 31 bits of x[k+1]).
  #twist(): void {
    const words = this.#words;
    for (let k = 0; k < WORDS; k++) {
      const mixed = (words[k] & 0x80000000) | (words[(k + 1) % WORDS] & 0x7fffffff);
      words[k] = words[(k + SHIFT) % WORDS] ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0);
    }
    this.#index = 0;
  }
}
