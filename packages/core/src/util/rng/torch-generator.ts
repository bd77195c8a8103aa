// torch's CPU generator: the same words, and so the same latents, as `torch.Generator("cpu").manual_seed(seed)`. Words and
// uniforms are exact; float32 normals differ by at most 3e-6, because torch's vector path uses float32 polynomials for
// log, sin and cos and this one exact ones.
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from "../half.ts";
import { Mt19937, type Mt19937State } from "./mt19937.ts";

/** Element types torch can draw. Half types come back as float32 arrays of rounded values. */
export type RandomType = "float32" | "float64" | "float16" | "bfloat16";
type Floats<T extends RandomType> = T extends "float64" ? Float64Array : Float32Array;

/** The whole state of a generator, enough to continue the same stream. */
export interface TorchGeneratorState {
  readonly engine: Mt19937State;
  readonly nextNormal: number | undefined;
}

/** A seeded stream of random numbers with torch's distributions. */
export class TorchGenerator {
  readonly #engine: Mt19937;
  #nextNormal: number | undefined;

  /** `seed`: an integer; negative ones mean 2⁶⁴ + seed. Only its low 32 bits matter, as in torch. */
  constructor(seed: number | bigint) {
    if (typeof seed === "number" && !Number.isInteger(seed)) {
      throw new RangeError(`Cannot seed generator: ${seed} (an integer is wanted)`);
    }
    this.#engine = new Mt19937(Number(BigInt.asUintN(32, BigInt(seed))));
  }

  /** An integer in [0, 2³²). */
  nextUint32(): number {
    return this.#engine.next();
  }

  /** An integer in [0, 2⁶⁴), from two 32-bit words, high one first. */
  nextUint64(): bigint {
    const high = this.#engine.next();
    return (BigInt(high) << 32n) | BigInt(this.#engine.next());
  }

  /** `count` uniforms in [0, 1), as torch.rand. */
  rand<T extends RandomType = "float32">(count: number, type: T = "float32" as T): Floats<T> {
    return roundTo[type](
      fill(count, type === "float64" ? () => this.#uniform53() : () => this.#uniform24()),
    ) as Floats<T>;
  }

  /** `count` float32 uniforms in [low, high), as Tensor.uniform_. */
  uniform(count: number, low: number, high: number): Float32Array {
    return Float32Array.from(this.rand(count), (u) => u * (high - low) + low);
  }

  /** `count` N(0,1) values, as torch.randn. */
  randn<T extends RandomType = "float32">(count: number, type: T = "float32" as T): Floats<T> {
    if (count < 16) return roundTo[type](fill(count, () => this.#normal())) as Floats<T>;
    const normals = type === "float64" ? new Float64Array(count) : new Float32Array(count);
    const blockwise = type === "float16" || type === "bfloat16";
    if (blockwise) this.#normalsByBlock(normals);
    else this.#normalsAtOnce(normals);
    return roundTo[type](normals) as Floats<T>;
  }

  /** `count` float32 N(mean, std²) values, as Tensor.normal_. */
  normal(count: number, mean: number, std: number): Float32Array {
    return Float32Array.from(this.randn(count, "float32"), (z) => z * std + mean);
  }

  /** `count` integers in [low, high), as torch.randint; exact up to 2⁵³. */
  randint(count: number, low: number, high: number): Float64Array {
    const range = high - low;
    if (!(range > 0)) throw new RangeError(`Cannot draw integers: the range [${low}, ${high}) is empty`);
    const draw = range < 2 ** 32 ? () => this.nextUint32() % range : () => Number(this.nextUint64() % BigInt(range));
    return fill(count, () => low + draw());
  }

  /** A random order of 0 … count−1, as torch.randperm. */
  randperm(count: number): Int32Array {
    const order = Int32Array.from({ length: count }, (_, i) => i);
    for (let i = 0; i < count - 1; i++) {
      const j = i + (this.nextUint32() % (count - i));
      [order[i], order[j]] = [order[j], order[i]];
    }
    return order;
  }

  /** `count` zeros and ones, one with probability `p`, as Tensor.bernoulli_(p). */
  bernoulli(count: number, p: number): Uint8Array {
    return Uint8Array.from(fill(count, () => Number(this.#uniform53() < p)));
  }

  /** One zero or one per probability of `p`, as torch.bernoulli(p) of a float32 tensor. */
  bernoulliEach(p: Float32Array): Uint8Array {
    return Uint8Array.from(p, (probability) => Number(this.#uniform24() < probability));
  }

  /** `count` float32 values with density λ·e^(−λx), as Tensor.exponential_. */
  exponential(count: number, lambda = 1): Float32Array {
    return Float32Array.from(fill(count, () => -Math.log1p(-this.#uniform53()) / lambda));
  }

  /** `count` indices drawn with replacement, index i in proportion to `weights[i]`, as torch.multinomial. */
  multinomial(weights: ArrayLike<number>, count: number): Int32Array {
    const cumulative = Float64Array.from(weights);
    for (let i = 1; i < cumulative.length; i++) cumulative[i] += cumulative[i - 1];
    const total = cumulative.at(-1) ?? 0;
    if (!(total > 0 && total < Infinity))
      throw new RangeError(`Cannot draw from weights: their sum is ${total} (a positive number is wanted)`);
    return Int32Array.from(
      fill(count, () => {
        const u = this.#uniform53();
        return cumulative.findIndex((sum) => sum > 0 && sum / total >= u);
      }),
    );
  }

  /** A copy of the state. */
  save(): TorchGeneratorState {
    return { engine: this.#engine.save(), nextNormal: this.#nextNormal };
  }

  /** Continues from a saved state. */
  restore(state: TorchGeneratorState): void {
    this.#engine.restore(state.engine);
    this.#nextNormal = state.nextNormal;
  }

  #uniform24(): number {
    return (this.#engine.next() & 0xffffff) * 2 ** -24;
  }

  // The low 53 bits of a 64-bit word.
  #uniform53(): number {
    const high = this.#engine.next() & 0x1fffff;
    return (high * 2 ** 32 + this.#engine.next()) * 2 ** -53;
  }

  // One normal at a time (fewer than 16 values): Box–Muller gives two, and the second waits in the generator for the next such draw.
  #normal(): number {
    if (this.#nextNormal !== undefined) {
      const normal = this.#nextNormal;
      this.#nextNormal = undefined;
      return normal;
    }
    const theta = 2 * Math.PI * this.#uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-this.#uniform53()));
    this.#nextNormal = radius * Math.sin(theta);
    return radius * Math.cos(theta);
  }

  // 16 or more float32/float64 values: all uniforms first, then blocks of 16; a ragged end redraws the last 16.
  #normalsAtOnce(values: Float32Array | Float64Array): void {
    const uniform = values instanceof Float64Array ? () => this.#uniform53() : () => this.#uniform24();
    for (let i = 0; i < values.length; i++) values[i] = uniform();
    for (let i = 0; i + 16 <= values.length; i += 16) boxMuller16(values, i);
    if (values.length % 16 === 0) return;
    const last = values.length - 16;
    for (let i = last; i < values.length; i++) values[i] = uniform();
    boxMuller16(values, last);
  }

  // 16 or more half-precision values: uniforms block by block, and the ragged end draws only its own last 16.
  #normalsByBlock(values: Float32Array | Float64Array): void {
    const starts = [];
    for (let i = 0; i + 16 <= values.length; i += 16) starts.push(i);
    if (values.length % 16 !== 0) starts.push(values.length - 16);
    for (const start of starts) {
      for (let i = start; i < start + 16; i++) values[i] = this.#uniform24();
      boxMuller16(values, start);
    }
  }
}

// Turns 16 uniforms at `start` into normals: the first eight give radii, the last eight angles.
function boxMuller16(values: Float32Array | Float64Array, start: number): void {
  for (let i = start; i < start + 8; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - values[i]));
    const theta = 2 * Math.PI * values[i + 8];
    values[i] = radius * Math.cos(theta);
    values[i + 8] = radius * Math.sin(theta);
  }
}

// Values as each element type stores them (ties to even); half types in a Float32Array.
const roundTo: Record<RandomType, (values: Float32Array | Float64Array) => Float32Array | Float64Array> = {
  float64: (values) => values,
  float32: (values) => Float32Array.from(values),
  float16: (values) => float16ToFloat32(float32ToFloat16(Float32Array.from(values))),
  bfloat16: (values) => bfloat16ToFloat32(float32ToBfloat16(Float32Array.from(values))),
};

function fill(count: number, draw: () => number): Float64Array {
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = draw();
  return values;
}
