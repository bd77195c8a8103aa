// Gradients of sums, means and largest elements.

import { cast, divide, equal, multiply } from "../../graph/ops/elementwise.ts";
import { max, maxOp, meanOp, sum, sumOp } from "../../graph/ops/reduce.ts";
import type { ReduceAttributes } from "../../graph/ops/reduce.ts";
import { expand, reshape } from "../../graph/ops/shape.ts";
import { elements } from "../../graph/ops/source.ts";
import type { Value } from "../../graph/value.ts";
import { unaryRule } from "./rule.ts";
import type { Rules } from "./rule.ts";

/** `g` with the axes that were reduced away as size 1. */
const kept = (g: Value, x: Value, { axes }: ReduceAttributes): Value =>
  reshape(
    g,
    x.dims.map((dim, i) => (axes.includes(i) ? 1 : dim)),
  );

/** The rules of graph/ops/reduce.ts. */
export const reduceRules: Rules = Object.fromEntries([
  unaryRule(sumOp, (g, x, { attributes }) => expand(kept(g, x, attributes), x.dims)),
  unaryRule(meanOp, (g, x, { attributes }) => {
    const count = elements(attributes.axes.map((axis) => x.dims[axis]));
    return expand(kept(divide(g, count), x, attributes), x.dims);
  }),
  // The largest elements share the gradient.
  unaryRule(maxOp, (g, x, { attributes: { axes } }) => {
    const largest = cast(equal(x, max(x, { axes, keep: true })), "float32");
    const each = divide(kept(g, x, { axes, keep: true }), sum(largest, { axes, keep: true }));
    return multiply(each, largest);
  }),
]);
