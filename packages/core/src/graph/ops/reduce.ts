// Sums, means and largest elements over axes.

import type { Dim } from "../dim.ts";
import { ints } from "../lowering.ts";
import { apply } from "../op.ts";
import type { Op } from "../op.ts";
import type { Value } from "../value.ts";

/** Which axes go, and whether they stay as size 1. */
export interface ReduceAttributes {
  /** Ascending, not negative. */
  readonly axes: readonly number[];
  readonly keep: boolean;
}

const reduction = (name: string, onnx: string): Op<ReduceAttributes> => ({
  name,
  infer([x], { axes, keep }) {
    if (x.type !== "float32") throw new TypeError(`it is ${x.type} (float32 is wanted)`);
    const strange = axes.find((axis) => axis < 0 || axis >= x.dims.length);
    if (strange !== undefined) throw new TypeError(`axis ${strange} is not one of ${x.dims.length}`);
    return { type: x.type, dims: reducedDims(x.dims, { axes, keep }) };
  },
  lower: (to, [x], { axes, keep }) =>
    axes.length === 0 ? x : to.node(onnx, [x, ints(to, axes)], { keepdims: keep ? 1 : 0 }),
});

/** `dims` without `axes`, or with size 1 there. */
const reducedDims = (dims: readonly Dim[], { axes, keep }: ReduceAttributes): Dim[] =>
  keep ? dims.map((dim, i) => (axes.includes(i) ? 1 : dim)) : dims.filter((_, i) => !axes.includes(i));

/** Input x. */
export const sumOp = reduction("sum", "ReduceSum");
/** Input x. */
export const meanOp = reduction("mean", "ReduceMean");
/** Input x. */
export const maxOp = reduction("max", "ReduceMax");

/** Axes to reduce: all by default, negative ones counted from the end; `keep` leaves them as size 1. */
export interface ReduceOptions {
  readonly axes?: readonly number[];
  readonly keep?: boolean;
}

const over =
  (op: Op<ReduceAttributes>) =>
  (x: Value, { axes = x.dims.map((_, i) => i), keep = false }: ReduceOptions = {}): Value => {
    const counted = axes.map((axis) => (axis < 0 ? axis + x.dims.length : axis));
    return apply(op, [x], { axes: [...new Set(counted)].sort((a, b) => a - b), keep });
  };

/** Σ x over `axes`. */
export const sum = over(sumOp);
/** The mean of x over `axes`. */
export const mean = over(meanOp);
/** The largest x over `axes`. */
export const max = over(maxOp);
