// Low-rank factors of a change: cut to a rank or to a share of its energy, where energy is the squared Frobenius norm. The
// best approximation of a rank is the first singular values' (Eckart, Young 1936), and what is lost is the others' energy.

import { tensor } from "../tensor/tensor.ts";
import type { LowRankFactors } from "./forms/index.ts";
import { axes } from "./forms/form.ts";
import { loraDims } from "./forms/lora.ts";
import { cut, productSvd, truncatedSvd } from "./svd.ts";
import type { Decomposition } from "./svd.ts";

/** How far to cut. */
export interface CutOptions {
  /** The largest rank. */
  readonly rank: number;
  /** The smallest share of the energy to keep; a smaller rank than `rank` is taken where that holds. */
  readonly keep?: number;
}

/** Factors, and how much of the change they leave out: ‖ΔW − up·down‖/‖ΔW‖. */
export interface CutFactors {
  readonly factors: LowRankFactors;
  readonly error: number;
  readonly singularValues: Float64Array;
}

/** `factors` with a smaller rank. Exact singular values: nothing larger than the factors is decomposed. */
export function cutFactors({ down, up, scale }: LowRankFactors, options: CutOptions): CutFactors {
  const { out, into: rank } = axes(up.dims);
  const columns = down.data.length / rank;
  const found = productSvd({ data: up.data, rows: out, columns: rank }, { data: down.data, rows: rank, columns });
  found.values.forEach((value, i) => (found.values[i] = value * Math.abs(scale)));
  if (scale < 0) found.left.forEach((value, i) => (found.left[i] = -value));
  const base = [out, ...down.dims.slice(1)];
  return factorsOf(found, { base, energy: energyOf(found.values), ...options });
}

/** Several changes of one weight as one: ranks add up, and nothing is lost. */
export function joinedFactors(
  parts: readonly { readonly factors: LowRankFactors; readonly weight: number }[],
): LowRankFactors {
  const [{ factors: first }] = parts;
  const { out } = axes(first.up.dims);
  const rank = parts.reduce((sum, { factors }) => sum + factors.down.dims[0], 0);
  const columns = first.down.data.length / first.down.dims[0];
  const down = new Float32Array(rank * columns);
  const up = new Float32Array(out * rank);
  let at = 0;
  for (const { factors, weight } of parts) {
    const [own] = factors.down.dims;
    // The weight goes half to each side, so that neither grows much more than the other.
    const factor = weight * factors.scale;
    const side = Math.sqrt(Math.abs(factor));
    factors.down.data.forEach((value, i) => (down[at * columns + i] = value * side));
    for (let o = 0; o < out; o++)
      for (let r = 0; r < own; r++) up[o * rank + at + r] = factors.up.data[o * own + r] * side * Math.sign(factor);
    at += own;
  }
  const dims = loraDims([out, ...first.down.dims.slice(1)], rank);
  return { down: tensor(dims.down, down), up: tensor(dims.up, up), scale: 1 };
}

/** The change `delta` of a weight [out, in, …] as factors; undefined when there is no change. */
export function approximated(
  delta: Float32Array,
  base: readonly number[],
  options: CutOptions,
): CutFactors | undefined {
  const energy = energyOf(delta);
  if (energy === 0) return undefined;
  const { out } = axes(base);
  const found = truncatedSvd({ data: delta, rows: out, columns: delta.length / out }, { rank: options.rank });
  return factorsOf(found, { base, energy, ...options });
}

const energyOf = (values: Float32Array | Float64Array): number =>
  (values as Float64Array).reduce((sum, value) => sum + value * value, 0);

/** up = left·√values, down = √values·right, for as many values as are wanted. */
function factorsOf(
  found: Decomposition,
  { base, energy, rank, keep = 1 }: CutOptions & { base: readonly number[]; energy: number },
): CutFactors {
  const { out } = axes(base);
  const columns = found.right.length / Math.max(1, found.values.length);
  let kept = 0;
  let count = 0;
  // Values of rounding alone are not worth a rank.
  const least = (found.values[0] ?? 0) * 1e-7;
  while (count < Math.min(rank, found.values.length) && kept < keep * energy && found.values[count] > least)
    kept += found.values[count++] ** 2;
  const { left, values, right } = cut(found, { rows: out, columns, rank: Math.max(1, count) });
  const roots = values.map(Math.sqrt);
  const dims = loraDims(base, values.length);
  return {
    factors: {
      down: tensor(
        dims.down,
        Float32Array.from(right, (value, i) => value * roots[Math.floor(i / columns)]),
      ),
      up: tensor(
        dims.up,
        Float32Array.from(left, (value, i) => value * roots[i % values.length]),
      ),
      scale: 1,
    },
    error: energy === 0 ? 0 : Math.sqrt(Math.max(0, 1 - energyOf(values) / energy)),
    singularValues: values,
  };
}
