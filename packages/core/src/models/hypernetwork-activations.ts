// Activations that hypernetworks of AUTOMATIC1111 can have: torch.nn's by their names in lower case, with torch's default
// settings, and "swish", which there is Hardswish. Those of torch that mix pictures of a batch (softmax over three axes)
// or need settings (threshold, glu) are left out.

import {
  abs,
  add,
  divide,
  exp,
  gelu,
  greater,
  leakyRelu,
  maximum,
  minimum,
  multiply,
  negate,
  relu,
  sigmoid,
  silu,
  softplus,
  subtract,
  tanh,
  where,
} from "../graph/ops/elementwise.ts";
import { scalar } from "../graph/ops/source.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";

/** x → activation(x), elementwise; `p` has its parameters, if it has any. */
type Activation = (x: Value, p: Params) => Value;

const times = (x: Value, factor: number): Value => multiply(x, scalar(factor));
const clamp = (x: Value, from: number, to: number): Value => minimum(maximum(x, scalar(from)), scalar(to));
const isAbove = (x: Value, bound: number): Value => greater(x, scalar(bound));
/** eˣ − 1 left of 0; right of it the exponential would overflow for nothing. */
const negativeExponential = (x: Value): Value => subtract(exp(minimum(x, scalar(0))), scalar(1));

const elu: Activation = (x) => where(isAbove(x, 0), x, negativeExponential(x));
const hardSigmoid = (x: Value): Value => clamp(add(times(x, 1 / 6), scalar(0.5)), 0, 1);
const hardSwish: Activation = (x) => multiply(x, hardSigmoid(x));

/** The activations by the names in the files. */
export const hypernetworkActivations = {
  linear: (x) => x,
  relu,
  leakyrelu: (x) => leakyRelu(x, 0.01),
  elu,
  swish: hardSwish,
  tanh,
  sigmoid,
  celu: elu,
  gelu,
  hardshrink: (x) => where(isAbove(abs(x), 0.5), x, scalar(0)),
  hardsigmoid: hardSigmoid,
  hardswish: hardSwish,
  hardtanh: (x) => clamp(x, -1, 1),
  logsigmoid: (x) => negate(softplus(negate(x))),
  mish: (x) => multiply(x, tanh(softplus(x))),
  // A slope that is learned, the same for all features.
  prelu: (x, p) => where(isAbove(x, 0), x, multiply(x, p.parameter("weight", [1]))),
  relu6: (x) => clamp(x, 0, 6),
  // Random slopes while training; after it their mean, (1/8 + 1/3)/2.
  rrelu: (x) => leakyRelu(x, 11 / 48),
  // Constants of self-normalizing networks (arXiv 1706.02515).
  selu: (x) => times(where(isAbove(x, 0), x, times(negativeExponential(x), 1.6732632423543772)), 1.0507009873554805),
  silu,
  softplus,
  softshrink: (x) => subtract(x, clamp(x, -0.5, 0.5)),
  softsign: (x) => divide(x, add(scalar(1), abs(x))),
  tanhshrink: (x) => subtract(x, tanh(x)),
} satisfies Record<string, Activation>;

/** One of their names. */
export type HypernetworkActivation = keyof typeof hypernetworkActivations;
