// Gradients of functions of one element at a time; operands that were broadcast get sums.

import {
  add,
  binaryOps,
  castOp,
  cos,
  divide,
  erf,
  exp,
  greater,
  leakyReluOp,
  multiply,
  negate,
  sigmoid,
  sign,
  sin,
  subtract,
  unaryOps,
  where,
  whereOp,
} from "../../graph/ops/elementwise.ts";
import { scalar } from "../../graph/ops/source.ts";
import type { Value } from "../../graph/value.ts";
import { unbroadcast } from "../unbroadcast.ts";
import { rule, unaryRule } from "./rule.ts";
import type { Rules } from "./rule.ts";

const { multiply: multiplyOp, divide: divideOp } = binaryOps;

/** The share of `larger` in max(larger, smaller): 1, 0, or ½ where they are equal. */
const share = (larger: Value, smaller: Value): Value =>
  multiply(scalar(0.5), add(sign(subtract(larger, smaller)), scalar(1)));

/** y = x·σ(αx) ⇒ dy/dx = σ + αy·(1 − σ). */
const sigmoidWeighted = (g: Value, x: Value, y: Value, alpha: number): Value => {
  const s = sigmoid(alpha === 1 ? x : multiply(scalar(alpha), x));
  const rest = multiply(alpha === 1 ? y : multiply(scalar(alpha), y), subtract(scalar(1), s));
  return multiply(g, add(s, rest));
};

/** The rules of graph/ops/elementwise.ts. */
export const elementwiseRules: Rules = Object.fromEntries([
  rule(binaryOps.add, (g, { inputs: [a, b] }) => [unbroadcast(g, a.dims), unbroadcast(g, b.dims)]),
  rule(binaryOps.subtract, (g, { inputs: [a, b] }) => [unbroadcast(g, a.dims), unbroadcast(negate(g), b.dims)]),
  // y = a·b ⇒ da = g·b, db = g·a
  rule(multiplyOp, (g, { inputs: [a, b] }) => [
    unbroadcast(multiply(g, b), a.dims),
    unbroadcast(multiply(g, a), b.dims),
  ]),
  // y = a/b ⇒ da = g/b, db = −g·y/b
  rule(divideOp, (g, { inputs: [a, b], y }) => {
    const da = divide(g, b);
    return [unbroadcast(da, a.dims), unbroadcast(negate(multiply(da, y)), b.dims)];
  }),
  rule(binaryOps.maximum, (g, { inputs: [a, b] }) => [
    unbroadcast(multiply(g, share(a, b)), a.dims),
    unbroadcast(multiply(g, share(b, a)), b.dims),
  ]),
  rule(binaryOps.minimum, (g, { inputs: [a, b] }) => [
    unbroadcast(multiply(g, share(b, a)), a.dims),
    unbroadcast(multiply(g, share(a, b)), b.dims),
  ]),
  rule(whereOp, (g, { inputs: [condition, a, b] }) => [
    undefined,
    unbroadcast(where(condition, g, scalar(0)), a.dims),
    unbroadcast(where(condition, scalar(0), g), b.dims),
  ]),
  rule(castOp, (g, { inputs: [x] }) => [x.type === "float32" ? g : undefined]),
  unaryRule(unaryOps.sin, (g, x) => multiply(g, cos(x))),
  unaryRule(unaryOps.cos, (g, x) => negate(multiply(g, sin(x)))),
  // y = tanh x ⇒ dx = g·(1 − y²)
  unaryRule(unaryOps.tanh, (g, _, { y }) => multiply(g, subtract(scalar(1), multiply(y, y)))),
  unaryRule(unaryOps.exp, (g, _, { y }) => multiply(g, y)),
  unaryRule(unaryOps.log, (g, x) => divide(g, x)),
  // y = √x ⇒ dx = g/(2y)
  unaryRule(unaryOps.sqrt, (g, _, { y }) => divide(multiply(scalar(0.5), g), y)),
  unaryRule(unaryOps.negate, (g) => negate(g)),
  // y = 1/x ⇒ dx = −g·y²
  unaryRule(unaryOps.reciprocal, (g, _, { y }) => negate(multiply(g, multiply(y, y)))),
  unaryRule(unaryOps.abs, (g, x) => multiply(g, sign(x))),
  // y = erf x ⇒ dx = g·2/√π·exp(−x²)
  unaryRule(unaryOps.erf, (g, x) => multiply(g, multiply(scalar(2 / Math.sqrt(Math.PI)), exp(negate(multiply(x, x)))))),
  unaryRule(unaryOps.softplus, (g, x) => multiply(g, sigmoid(x))),
  // y = σ(x) ⇒ dx = g·y·(1 − y)
  unaryRule(unaryOps.sigmoid, (g, _, { y }) => multiply(g, multiply(y, subtract(scalar(1), y)))),
  // y = max(x, 0) ⇒ dx = g where y > 0
  unaryRule(unaryOps.relu, (g, _, { y }) => multiply(g, sign(y))),
  unaryRule(leakyReluOp, (g, x, { attributes: { slope } }) =>
    where(greater(x, scalar(0)), g, multiply(scalar(slope), g)),
  ),
  // y = x·Φ(x) ⇒ dx = g·(Φ(x) + x·φ(x)) = g/2·(1 + erf u + 2/√π·u·exp(−u²)) with u = x/√2
  unaryRule(unaryOps.gelu, (g, x) => {
    const u = multiply(scalar(Math.SQRT1_2), x);
    const bell = exp(subtract(scalar(Math.log(2 / Math.sqrt(Math.PI))), multiply(u, u)));
    const slope = add(add(erf(u), multiply(u, bell)), scalar(1));
    return multiply(multiply(scalar(0.5), g), slope);
  }),
  unaryRule(unaryOps.silu, (g, x, { y }) => sigmoidWeighted(g, x, y, 1)),
  unaryRule(unaryOps.quickGelu, (g, x, { y }) => sigmoidWeighted(g, x, y, 1.702)),
]);
