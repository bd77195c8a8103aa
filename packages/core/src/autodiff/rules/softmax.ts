// Gradients of softmax and its logarithm.

import { exp, multiply, subtract } from "../../graph/ops/elementwise.ts";
import { sum } from "../../graph/ops/reduce.ts";
import { logSoftmaxOp, softmaxOp } from "../../graph/ops/softmax.ts";
import { unaryRule } from "./rule.ts";
import type { Rules } from "./rule.ts";

const row = { axes: [-1], keep: true };

/** The rules of graph/ops/softmax.ts. */
export const softmaxRules: Rules = Object.fromEntries([
  // y = softmax x ⇒ dx = y·(g − Σ g·y)
  unaryRule(softmaxOp, (g, _, { y }) => multiply(y, subtract(g, sum(multiply(g, y), row)))),
  // y = x − ln Σ eˣ ⇒ dx = g − eʸ·Σ g
  unaryRule(logSoftmaxOp, (g, _, { y }) => subtract(g, multiply(exp(y), sum(g, row)))),
]);
