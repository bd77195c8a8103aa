// Padding by a mirror that stands on the outermost pixels: 3 2 1 | 0 1 2 3 …

import { addDims } from "../graph/dim.ts";
import { concat, slice } from "../graph/ops/shape.ts";
import type { Value } from "../graph/value.ts";

/** x [N,C,H,W] → [N,C,H + 2·width,W + 2·width]; H and W are larger than `width`. */
export function reflectionPadding(x: Value, width: number): Value {
  for (const axis of [2, 3]) {
    const size = x.dims[axis];
    const places = Array.from({ length: width }, (_, i) => i + 1);
    const before = places.toReversed().map((i) => slice(x, { axis, start: i, end: i + 1 }));
    const after = places.map((i) => slice(x, { axis, start: addDims(size, -i - 1), end: addDims(size, -i) }));
    x = concat([...before, x, ...after], axis);
  }
  return x;
}
