// Seamless pictures: convolutions that see the opposite edge beyond each edge, instead of zeros.

import { addDims } from "../dim.ts";
import type { Graph } from "../graph.ts";
import type { ConvolutionAttributes } from "../ops/convolution.ts";
import { conv2d, conv2dOp } from "../ops/convolution.ts";
import { concat, slice } from "../ops/shape.ts";
import type { Value } from "../value.ts";
import { rewrite } from "./rewrite.ts";

/** The sides that meet: left and right, top and bottom, or both. */
export type TilingAxes = "x" | "y" | "xy";

/** `graph` with the padding of every convolution taken from the opposite side along `axes`; zeros stay along the other. */
export function circularPadding(graph: Graph, axes: TilingAxes): Graph {
  return rewrite(graph, (_, kept) => {
    if (kept.op.name !== conv2dOp.name) return kept;
    const [x, weight, bias] = kept.inputs;
    const { stride, padding } = kept.attributes as ConvolutionAttributes;
    const [top, left, bottom, right] = padding;
    const wrapsY = axes.includes("y") && top + bottom > 0;
    const wrapsX = axes.includes("x") && left + right > 0;
    if (!wrapsX && !wrapsY) return kept;
    let wrapped = x;
    if (wrapsY) wrapped = wrap(wrapped, { axis: 2, before: top, after: bottom });
    if (wrapsX) wrapped = wrap(wrapped, { axis: 3, before: left, after: right });
    return conv2d(wrapped, weight, bias, {
      stride,
      padding: [wrapsY ? 0 : top, wrapsX ? 0 : left, wrapsY ? 0 : bottom, wrapsX ? 0 : right],
    });
  });
}

/** x with its last `before` elements in front and its first `after` ones behind; it must have as many. */
function wrap(x: Value, { axis, before, after }: { axis: number; before: number; after: number }): Value {
  const size = x.dims[axis];
  const parts = [
    ...(before > 0 ? [slice(x, { axis, start: addDims(size, -before), end: size })] : []),
    x,
    ...(after > 0 ? [slice(x, { axis, start: 0, end: after })] : []),
  ];
  return concat(parts, axis);
}
