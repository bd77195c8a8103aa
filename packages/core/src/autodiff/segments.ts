// Where to cut a forward pass so that little memory is needed when its segments are computed again one by one.

import { foldDim } from "../graph/dim.ts";
import type { Dim } from "../graph/dim.ts";
import { reshapeOp } from "../graph/ops/shape.ts";
import { stopGradientOp } from "../graph/ops/source.ts";
import type { Value } from "../graph/value.ts";

/** A forward pass in segments. */
export interface Segments {
  /** Values that later segments use: they stay in memory. */
  readonly kept: ReadonlySet<Value>;
  /** The number of the segment that computes a value. */
  readonly segmentOf: ReadonlyMap<Value, number>;
  /** The number of the last segment. */
  readonly last: number;
  /** Elements in memory at the worst moment: those kept and the largest segment's others. */
  readonly peak: number;
}

/** `values`, operands before their users, in as many segments as need the least memory. */
export function segmentsOf(values: readonly Value[]): Segments {
  const plans = Array.from({ length: Math.min(48, values.length) }, (_, i) => cut(values, i + 1));
  return plans.reduce((best, plan) => (plan.peak < best.peak ? plan : best));
}

/** About `count` segments of equal memory; within half a segment of that, each cut is where the fewest elements cross it. */
function cut(values: readonly Value[], count: number): Segments {
  const sizes = values.map(elements);
  const share = sizes.reduce((a, b) => a + b, 0) / count;
  const crossing = crossings(values, sizes);
  const cuts: number[] = [];
  for (let i = 0, filled = 0, best = -1; i < values.length - 1; i++) {
    filled += sizes[i];
    if (filled < share / 2) continue;
    if (best < 0 || crossing[i] < crossing[best] || (crossing[i] === crossing[best] && filled <= share)) best = i;
    if (filled < (share * 3) / 2) continue;
    cuts.push(best);
    [i, filled, best] = [best, 0, -1];
  }
  const segmentOf = new Map<Value, number>();
  let segment = 0;
  values.forEach((value, i) => {
    segmentOf.set(value, segment);
    if (cuts[segment] === i) segment++;
  });

  const kept = new Set<Value>();
  for (const value of values) {
    for (const operand of value.inputs) {
      if (operand.inputs.length > 0 && segmentOf.get(operand) !== segmentOf.get(value)) kept.add(operand);
    }
  }
  const inSegments = new Array<number>(segment + 1).fill(0);
  let always = 0;
  values.forEach((value, i) => {
    if (kept.has(value)) always += sizes[i];
    else inSegments[segmentOf.get(value)!] += sizes[i];
  });
  return { kept, segmentOf, last: segment, peak: always + Math.max(...inSegments) };
}

/** For each place behind a value: how many elements computed before it are used after it. */
function crossings(values: readonly Value[], sizes: readonly number[]): number[] {
  const place = new Map(values.map((value, i) => [value, i]));
  const lastUse = values.map((_, i) => i);
  values.forEach((value, i) => value.inputs.forEach((operand) => (lastUse[place.get(operand)!] = i)));
  const ends = values.map(() => 0);
  lastUse.forEach((use, i) => (ends[use] += sizes[i]));
  let alive = 0;
  return values.map((_, i) => (alive += sizes[i] - ends[i]));
}

/** Elements a value takes up: none where it is another's memory, or the caller's. */
function elements(value: Value): number {
  const { op, inputs } = value;
  if (inputs.length === 0 || op.name === reshapeOp.name || op.name === stopGradientOp.name) return 0;
  return typicalElements(value);
}

/** How many elements a value has when sizes that are not known count as 16. */
export const typicalElements = ({ dims }: Value): number =>
  dims.reduce((product: number, dim) => product * typical(dim), 1);

const typical = (dim: Dim): number =>
  foldDim<number>(dim, {
    constant: (n) => n,
    symbol: () => 16,
    add: (a, b) => a + b,
    multiply: (a, b) => a * b,
    floorDivide: (a, by) => Math.floor(a / by),
  });
