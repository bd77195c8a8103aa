// Gradients of convolution. The product of a gradient g, a picture x and a weight w is one number T(g, x, w), linear in
// each: conv2d is ∂T/∂g, conv2dInputGradient ∂T/∂x, conv2dWeightGradient ∂T/∂w. So each one's gradients are the others.

import {
  conv2d,
  conv2dInputGradient,
  conv2dInputGradientOp,
  conv2dOp,
  conv2dWeightGradient,
  conv2dWeightGradientOp,
} from "../../graph/ops/convolution.ts";
import type { ConvolutionAttributes } from "../../graph/ops/convolution.ts";
import { sum } from "../../graph/ops/reduce.ts";
import type { Dim } from "../../graph/dim.ts";
import type { Value } from "../../graph/value.ts";
import { rule } from "./rule.ts";
import type { Rules } from "./rule.ts";

const sizeOf = ({ dims }: Value): [Dim, Dim] => [dims[2], dims[3]];
const window = ({ stride, padding, dilation, groups }: ConvolutionAttributes) => ({
  stride,
  padding,
  dilation,
  groups,
});
const kernelOf = (weight: Value): [number, number] => sizeOf(weight) as [number, number];

/** The rules of graph/ops/convolution.ts. */
export const convolutionRules: Rules = Object.fromEntries([
  rule(conv2dOp, (g, { inputs: [x, weight], attributes }) => [
    conv2dInputGradient(g, weight, { ...attributes, size: sizeOf(x) }),
    conv2dWeightGradient(g, x, { ...attributes, kernel: kernelOf(weight) }),
    sum(g, { axes: [0, 2, 3] }),
  ]),
  rule(conv2dInputGradientOp, (u, { inputs: [g, weight], attributes }) => [
    conv2d(u, weight, undefined, window(attributes)),
    conv2dWeightGradient(g, u, { ...window(attributes), kernel: kernelOf(weight) }),
  ]),
  rule(conv2dWeightGradientOp, (u, { inputs: [g, x], attributes }) => [
    conv2d(x, u, undefined, window(attributes)),
    conv2dInputGradient(g, u, { ...window(attributes), size: sizeOf(x) }),
  ]),
]);
