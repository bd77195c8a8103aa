// Gradient of attention. The fused kernel keeps no weights, so they are computed again from q and k.

import { multiplyDims } from "../../graph/dim.ts";
import { attentionOp } from "../../graph/ops/attention.ts";
import { greater, multiply, subtract, where } from "../../graph/ops/elementwise.ts";
import { matmul } from "../../graph/ops/linear-algebra.ts";
import { sum } from "../../graph/ops/reduce.ts";
import { reshape, transpose } from "../../graph/ops/shape.ts";
import { softmax } from "../../graph/ops/softmax.ts";
import { range, scalar } from "../../graph/ops/source.ts";
import type { Value } from "../../graph/value.ts";
import { rule } from "./rule.ts";
import type { Rules } from "./rule.ts";

/** The rules of graph/ops/attention.ts. */
export const attentionRules: Rules = Object.fromEntries([
  // P = softmax(q·kᵀ·s), y = P·v, s = 1/√(D/heads)
  // ⇒ dv = Pᵀ·g, dP = g·vᵀ, dS = P·(dP − Σ P·dP), dq = dS·k·s, dk = dSᵀ·q·s
  rule(attentionOp, (g, { inputs, attributes: { heads, causal } }) => {
    const [q, k, v] = inputs.map((x) => split(x, heads)); // [N,heads,T,D/heads]
    const gy = split(g, heads);
    const scaled = multiply(q, scalar((q.dims[3] as number) ** -0.5));
    const scores = matmul(scaled, k, { transposeB: true }); // [N,heads,T,S]
    const weights = softmax(causal ? masked(scores) : scores);
    const dWeights = matmul(gy, v, { transposeB: true });
    const dScores = multiply(weights, subtract(dWeights, sum(multiply(weights, dWeights), { axes: [-1], keep: true })));
    const scale = scalar((q.dims[3] as number) ** -0.5);
    return [
      join(multiply(matmul(dScores, k), scale)),
      join(matmul(dScores, scaled, { transposeA: true })),
      join(matmul(weights, gy, { transposeA: true })),
    ];
  }),
]);

/** [N,T,D] → [N,heads,T,D/heads]. */
function split(x: Value, heads: number): Value {
  const [n, tokens, width] = x.dims;
  return transpose(reshape(x, [n, tokens, heads, (width as number) / heads]), [0, 2, 1, 3]);
}

/** [N,heads,T,D/heads] → [N,T,D]. */
function join(x: Value): Value {
  const [n, heads, tokens, width] = x.dims;
  return reshape(transpose(x, [0, 2, 1, 3]), [n, tokens, multiplyDims(heads, width)]);
}

/** The scores of each token with itself and those before it; the rest are out of the question. */
function masked(scores: Value): Value {
  const [tokens, sources] = scores.dims.slice(2);
  const later = greater(range(sources), reshape(range(tokens), [tokens, 1]));
  return where(later, scalar(-1e30), scores);
}
