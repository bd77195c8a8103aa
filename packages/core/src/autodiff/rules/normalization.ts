// Gradients of normalizations. With r = 1/√(variance + ε) and x̂ = (x − mean)·r over D elements:
//   dx = r·(a − mean(a) − x̂·mean(a·x̂)),  a = g·weight.

import { multiplyDims } from "../../graph/dim.ts";
import type { Dim } from "../../graph/dim.ts";
import { add, divide, multiply, reciprocal, sqrt, subtract } from "../../graph/ops/elementwise.ts";
import { groupNormOp, layerNormOp } from "../../graph/ops/normalization.ts";
import { mean, sum } from "../../graph/ops/reduce.ts";
import { reshape } from "../../graph/ops/shape.ts";
import { elements, scalar } from "../../graph/ops/source.ts";
import type { Value } from "../../graph/value.ts";
import { unbroadcast } from "../unbroadcast.ts";
import { rule } from "./rule.ts";
import type { Rules } from "./rule.ts";

const row = { axes: [-1], keep: true };

/** x − mean and 1/√(variance + ε) over the last axis. In two passes: x² − mean² would lose what float32 has. */
function normalizing(x: Value, epsilon: number): { readonly centred: Value; readonly r: Value } {
  const centred = subtract(x, mean(x, row));
  const variance = mean(multiply(centred, centred), row);
  return { centred, r: reciprocal(sqrt(add(variance, scalar(epsilon)))) };
}

/** The rules of graph/ops/normalization.ts. */
export const normalizationRules: Rules = Object.fromEntries([
  rule(layerNormOp, (g, { inputs: [x, weight, bias], attributes: { epsilon } }) => {
    const { centred, r } = normalizing(x, epsilon);
    const normal = multiply(centred, r);
    const a = multiply(g, weight);
    const rest = add(mean(a, row), multiply(normal, mean(multiply(a, normal), row)));
    return [multiply(r, subtract(a, rest)), unbroadcast(multiply(g, normal), weight.dims), unbroadcast(g, bias.dims)];
  }),
  // Sums over the pixels of a channel first: the rest of the work is then on numbers per channel.
  rule(groupNormOp, (g, { inputs: [x, weight], attributes: { groups, epsilon } }) => {
    const [n, channels, ...size] = x.dims as [Dim, number, ...Dim[]];
    const each = channels / groups;
    const pixels = multiplyDims(...size);
    const grouped = (y: Value) => reshape(y, [n, groups, multiplyDims(each, pixels)]);
    const byChannel = (y: Value) => reshape(y, [n, channels, pixels]);
    const perChannel = (y: Value) => reshape(sum(byChannel(y), { axes: [2] }), [n, groups, each]);

    const { centred, r } = normalizing(grouped(x), epsilon); // [N,G,C/G·HW], [N,G,1]
    const sumG = perChannel(g);
    const sumGNormal = multiply(r, perChannel(multiply(byChannel(g), byChannel(centred))));
    const w = reshape(weight, [1, groups, each]);
    const count = elements([each, ...size]);
    const meanA = divide(sum(multiply(w, sumG), row), count);
    const meanANormal = divide(sum(multiply(w, sumGNormal), row), count);

    // dx = (r·w)·g − (r²·mean(a·x̂)·(x − mean) + r·mean(a))
    const scaled = grouped(multiply(byChannel(g), reshape(multiply(r, w), [n, channels, 1])));
    const rest = add(multiply(centred, multiply(multiply(r, r), meanANormal)), multiply(r, meanA));
    return [
      reshape(subtract(scaled, rest), x.dims),
      reshape(sum(sumGNormal, { axes: [0] }), [channels]),
      reshape(sum(sumG, { axes: [0] }), [channels]),
    ];
  }),
]);
