// How much arithmetic a graph is, for figures of speed.

import { evaluateDim } from "./dim.ts";
import type { Graph } from "./graph.ts";
import type { MatmulAttributes } from "./ops/linear-algebra.ts";
import type { Value } from "./value.ts";

/** Multiplications and additions of one result, from its own sizes, its operands' and its attributes. */
const counts: Readonly<
  Record<string, (out: readonly number[], inputs: readonly (readonly number[])[], attributes: never) => number>
> = {
  // Each output element is a sum over the weight's input channels and kernel.
  conv2d: (out, [, weight]) => 2 * product(out) * product(weight.slice(1)),
  conv2dInputGradient: (_, [gradient, weight]) => 2 * product(gradient) * product(weight.slice(1)),
  conv2dWeightGradient: (out, [gradient]) => 2 * product(gradient) * product(out.slice(1)),
  linear: (out, [, weight]) => 2 * product(out) * weight[1],
  matmul: (out, [a], { transposeA = false }: MatmulAttributes) => 2 * product(out) * a.at(transposeA ? -2 : -1)!,
  // Queries by keys, and weights by values: T·S scores over a width D, all heads together, each way.
  attention: ([n, tokens, width], [query, keys]) => 2 * n * tokens * keys[1] * (query[2] + width),
};

/** Floating-point operations of the graph's products, by operator, with `sizes` for its symbols; the rest is small beside them. */
export function flopsByOperator(graph: Graph, sizes: Readonly<Record<string, number>>): Record<string, number> {
  const known = ({ dims }: Value) => dims.map((dim) => evaluateDim(dim, sizes));
  const totals: Record<string, number> = {};
  for (const value of graph.values) {
    const { name } = value.op;
    const count = counts[name]?.(known(value), value.inputs.map(known), value.attributes as never) ?? 0;
    if (count > 0) totals[name] = (totals[name] ?? 0) + count;
  }
  return totals;
}

/** All floating-point operations of the graph's products. */
export const flops = (graph: Graph, sizes: Readonly<Record<string, number>>): number =>
  Object.values(flopsByOperator(graph, sizes)).reduce((sum, count) => sum + count, 0);

const product = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);
