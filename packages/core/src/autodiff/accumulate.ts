// The sum of two parts of a gradient. Slices of one value each give a part with zeros around; neighbours are joined
// instead: one copy in place of two paddings and an addition.

import { addDims, sameDim } from "../graph/dim.ts";
import type { Dim } from "../graph/dim.ts";
import { add } from "../graph/ops/elementwise.ts";
import { concat, pad, padOp } from "../graph/ops/shape.ts";
import type { Value } from "../graph/value.ts";

/** a + b. */
export function accumulate(a: Value, b: Value): Value {
  const [one, other] = [pieceOf(a), pieceOf(b)];
  if (one === undefined || other === undefined || one.axis !== other.axis) return add(a, b);
  const { axis } = one;
  const [first, second] = sameDim(endOf(one), other.before) ? [one, other] : [other, one];
  if (!sameDim(endOf(first), second.before)) return add(a, b);
  const joined = concat([first.piece, second.piece], axis);
  if (sameDim(joined.dims[axis], a.dims[axis])) return joined;
  const zeros = (width: Dim) => a.dims.map((_, i) => (i === axis ? width : 0));
  return pad(joined, { before: zeros(first.before), after: zeros(second.after) });
}

interface Piece {
  readonly piece: Value;
  readonly axis: number;
  readonly before: Dim;
  readonly after: Dim;
}

const endOf = ({ piece, axis, before }: Piece): Dim => addDims(before, piece.dims[axis]);

/** What `value` pads along a single axis with zeros, undefined when it is something else. */
function pieceOf({ op, inputs, attributes }: Value): Piece | undefined {
  if (op.name !== padOp.name) return undefined;
  const { before, after, value } = attributes as { before: readonly Dim[]; after: readonly Dim[]; value: number };
  const axes = before.flatMap((_, i) => (before[i] === 0 && after[i] === 0 ? [] : [i]));
  if (axes.length !== 1 || value !== 0) return undefined;
  const [axis] = axes;
  return { piece: inputs[0], axis, before: before[axis], after: after[axis] };
}
