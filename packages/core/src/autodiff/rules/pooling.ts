// Gradients of pooling, one tap (place inside the window) after another.

import { addDims, multiplyDims } from "../../graph/dim.ts";
import { add, cast, equal, multiply, subtract } from "../../graph/ops/elementwise.ts";
import { averagePool2dOp, maxPool2dOp } from "../../graph/ops/pooling.ts";
import type { PoolAttributes } from "../../graph/ops/pooling.ts";
import { slice } from "../../graph/ops/shape.ts";
import { scalar } from "../../graph/ops/source.ts";
import type { Value } from "../../graph/value.ts";
import { unaryRule } from "./rule.ts";
import type { Rules } from "./rule.ts";
import { unslice } from "./shape.ts";

/** Σ over taps of `part(tap)` put back where the tap is in x; `part` gets the tap's elements of x, one for each window. */
function overTaps(x: Value, windows: Value, { kernel, stride }: PoolAttributes, part: (tap: Value) => Value): Value {
  const at = (axis: number, start: number) => ({
    axis,
    start,
    end: addDims(multiplyDims(addDims(windows.dims[axis], -1), stride), start + 1),
    step: stride,
  });
  let total: Value | undefined;
  for (let u = 0; u < kernel; u++) {
    for (let v = 0; v < kernel; v++) {
      const rows = slice(x, at(2, u));
      const tap = unslice(unslice(part(slice(rows, at(3, v))), rows.dims, at(3, v)), x.dims, at(2, u));
      total = total === undefined ? tap : add(total, tap);
    }
  }
  return total!;
}

/** The rules of graph/ops/pooling.ts. */
export const poolingRules: Rules = Object.fromEntries([
  // The first of the largest elements of a window gets its gradient.
  unaryRule(maxPool2dOp, (g, x, { y, attributes }) => {
    let open: Value | undefined;
    return overTaps(x, y, attributes, (tap) => {
      const largest = cast(equal(tap, y), "float32");
      const first = open === undefined ? largest : multiply(largest, open);
      open = subtract(open ?? scalar(1), first);
      return multiply(g, first);
    });
  }),
  unaryRule(averagePool2dOp, (g, x, { y, attributes }) => {
    const each = multiply(scalar(1 / attributes.kernel ** 2), g);
    return overTaps(x, y, attributes, () => each);
  }),
]);
