// Gradients of operators that move elements: they move back, and what was repeated is summed.

import { addDims, multiplyDims, sameDim } from "../../graph/dim.ts";
import type { Dim } from "../../graph/dim.ts";
import {
  concatOp,
  expandOp,
  pad,
  padOp,
  reshape,
  reshapeOp,
  resizeNearest,
  resizeNearestGradient,
  resizeNearestGradientOp,
  resizeNearestOp,
  slice,
  sliceOp,
  transpose,
  transposeOp,
} from "../../graph/ops/shape.ts";
import type { SliceAttributes } from "../../graph/ops/shape.ts";
import type { Value } from "../../graph/value.ts";
import { unbroadcast } from "../unbroadcast.ts";
import { rule, unaryRule } from "./rule.ts";
import type { Rules } from "./rule.ts";

/** The rules of graph/ops/shape.ts. */
export const shapeRules: Rules = Object.fromEntries([
  unaryRule(reshapeOp, (g, x) => reshape(g, x.dims)),
  unaryRule(transposeOp, (g, _, { attributes: { permutation } }) =>
    transpose(
      g,
      permutation.map((_axis, i) => permutation.indexOf(i)),
    ),
  ),
  rule(concatOp, (g, { inputs, attributes: { axis } }) => {
    let end: Dim = 0;
    return inputs.map(({ dims }) => {
      const start = end;
      end = addDims(start, dims[axis]);
      return slice(g, { axis, start, end });
    });
  }),
  unaryRule(sliceOp, (g, x, { attributes }) => unslice(g, x.dims, attributes)),
  unaryRule(expandOp, (g, x) => unbroadcast(g, x.dims)),
  unaryRule(padOp, (g, x, { attributes: { before } }) =>
    x.dims.reduce<Value>((part, dim, axis) => {
      if (sameDim(g.dims[axis], dim)) return part;
      return slice(part, { axis, start: before[axis], end: addDims(before[axis], dim) });
    }, g),
  ),
  unaryRule(resizeNearestOp, (g, x) => resizeNearestGradient(g, { height: x.dims[2], width: x.dims[3] })),
  unaryRule(resizeNearestGradientOp, (g, resized) =>
    resizeNearest(g, { height: resized.dims[2], width: resized.dims[3] }),
  ),
]);

/** The elements of `part` = slice(x, …) where they came from, zeros elsewhere: x's shape [dims]. */
export function unslice(
  part: Value,
  dims: readonly Dim[],
  { axis, start, step = 1 }: Omit<SliceAttributes, "end">,
): Value {
  const count = part.dims[axis];
  const spread = step === 1 ? part : dilate(part, axis, step);
  // A last step that leaves x is cut off again, so room for it comes first.
  const length = addDims(start, multiplyDims(count, step));
  const after = addDims(dims[axis], step - 1, multiplyDims(length, -1));
  const zeros = (size: Dim) => dims.map((_, i) => (i === axis ? size : 0));
  const whole = pad(spread, { before: zeros(start), after: zeros(after) });
  return step === 1 ? whole : slice(whole, { axis, start: 0, end: dims[axis] });
}

/** x with step − 1 zeros behind each element of `axis`. */
function dilate(x: Value, axis: number, step: number): Value {
  const apart = reshape(x, x.dims.toSpliced(axis + 1, 0, 1));
  const none = apart.dims.map(() => 0);
  const filled = pad(apart, { before: none, after: none.with(axis + 1, step - 1) });
  return reshape(filled, x.dims.with(axis, multiplyDims(x.dims[axis], step)));
}
