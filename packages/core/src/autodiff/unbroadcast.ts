// The gradient of broadcasting: what was repeated is summed.

import { sameDim, sameDims } from "../graph/dim.ts";
import type { Dim } from "../graph/dim.ts";
import { sum } from "../graph/ops/reduce.ts";
import { reshape } from "../graph/ops/shape.ts";
import type { Value } from "../graph/value.ts";

/** `gradient` summed over the axes along which an operand of shape `dims` was repeated. */
export function unbroadcast(gradient: Value, dims: readonly Dim[]): Value {
  if (sameDims(gradient.dims, dims)) return gradient;
  const added = gradient.dims.length - dims.length;
  const axes = gradient.dims.flatMap((dim, axis) =>
    axis < added || (dims[axis - added] === 1 && !sameDim(dim, 1)) ? [axis] : [],
  );
  return reshape(sum(gradient, { axes }), dims);
}
