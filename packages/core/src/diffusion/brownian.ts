// Noise as the increments of one Brownian path over σ: a picture then depends on its seed and hardly on the number of steps, because
// two runs see the same path at other points. P. Kidger et al., "Efficient and Accurate Gradients for Neural SDEs", arXiv 2105.13493;
// used so by k-diffusion. The path agrees with that of torchsde's BrownianTree for the same seed.
import { scaled } from "../tensor/lincomb.ts";
import { seedSequence } from "../util/rng/seed-sequence.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import type { NoiseSource } from "./samplers/types.ts";

/** One path: its seed, its range, and how many values it has at every level. */
export interface BrownianOptions {
  readonly seed: number | bigint;
  /** Values per draw. */
  readonly length: number;
  /** The path's range. */
  readonly sigmaMin: number;
  readonly sigmaMax: number;
}

// An interval of the dyadic tree that fixes the path: W is known at its ends, and its middle is drawn from its own seed.
interface Node {
  readonly start: number;
  readonly end: number;
  readonly depth: number;
  /** Its place among the 2^depth of its depth. */
  readonly place: number;
}

const POOL_SIZE = 24; // of torchsde's seeds
const RECENT = 48; // nodes remembered: the paths to both ends of a draw, of which the next one shares an end

const f32 = Math.fround;

/**
 * (W(σ') − W(σ))/√|σ' − σ|, N(0,1) values for a step from σ to σ'. Levels are resolved to 10⁻⁶, and cut off at the ends of the range.
 * A draw costs `length` normals for each halving of the range down to that, about 24 times what an independent one costs.
 */
export function brownianNoise({ seed, length, sigmaMin, sigmaMax }: BrownianOptions): NoiseSource {
  const normalsOf = (path?: readonly number[]) => {
    const [own] = seedSequence(seed, 1, { path, poolSize: POOL_SIZE });
    return new TorchGenerator(own).randn(length);
  };
  const root: Node = { start: rounded(sigmaMin), end: rounded(sigmaMax), depth: 0, place: 0 };
  const whole = scaled(normalsOf(), Math.sqrt(sigmaMax - sigmaMin));
  const recent = new Map<string, readonly [Float32Array, Float32Array]>();

  // The increments over both halves of a node. Brownian bridge: given their sum w, the left one is N(w·l/(l+r), l·r/(l+r)).
  function halves({ start, end, depth, place }: Node, w: Float32Array): readonly [Float32Array, Float32Array] {
    const name = `${depth}/${place}`;
    const known = recent.get(name);
    if (known) {
      recent.delete(name); // to the young end
      recent.set(name, known);
      return known;
    }
    const [l, r, reciprocal] = [middleOf(start, end) - start, end - middleOf(start, end), 1 / (end - start)];
    const std = Math.sqrt(l * r * reciprocal);
    const noise = normalsOf([place, depth]);
    const left = w.map((value, i) => f32(f32(l * value) * reciprocal) + f32(std * noise[i]));
    const pair = [left, w.map((value, i) => value - left[i])] as const;
    recent.set(name, pair);
    if (recent.size > RECENT) recent.delete(recent.keys().next().value!);
    return pair;
  }

  // The increment over [from, to], which the node contains, as a sum over the nodes that tile it.
  function over(node: Node, w: Float32Array, from: number, to: number): Float32Array {
    const { start, end, depth, place } = node;
    if (from <= start && to >= end) return w;
    const middle = middleOf(start, end);
    const [left, right] = halves(node, w);
    const below = from < middle && over({ start, end: middle, depth: depth + 1, place: 2 * place }, left, from, to);
    const above = to > middle && over({ start: middle, end, depth: depth + 1, place: 2 * place + 1 }, right, from, to);
    if (below && above) return below.map((value, i) => value + above[i]);
    return (below || above) as Float32Array;
  }

  return (from = sigmaMax, to = sigmaMin) => {
    const [low, high] = [from, to].map(rounded).sort((a, b) => a - b);
    if (!(Math.max(low, root.start) < Math.min(high, root.end))) {
      throw new RangeError(
        `Cannot draw Brownian noise from ${from} to ${to}: two levels of ${sigmaMin} … ${sigmaMax} are wanted`,
      );
    }
    const sign = to < from ? -1 : 1;
    return over(root, whole, low, high).map((value) => (sign * value) / Math.sqrt(Math.abs(to - from)));
  };
}

/** A seed for `brownianNoise` from a draw of the run's own noise: its first two values, bit for bit. */
export function seedFromNoise(noise: Float32Array): bigint {
  const bits = new Uint32Array(noise.slice(0, 2).buffer);
  return [...bits].reduce((seed, word) => (seed << 32n) | BigInt(word), 0n);
}

const middleOf = (start: number, end: number): number => rounded(0.5 * (end + start));

// To six decimals, as Python's round: ties, which are the odd multiples of 1/128, go to the even digit.
function rounded(value: number): number {
  if (Math.abs((value * 128) % 2) === 1) return (2 * Math.round((value * 1e6) / 2)) / 1e6;
  return Number(value.toFixed(6));
}
