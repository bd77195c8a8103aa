// Where attention looks, as more outputs of a graph: the weights that its fused kernels never hold.

import type { Graph } from "../graph.ts";
import { graphOf } from "../graph.ts";
import type { AttentionAttributes } from "../ops/attention.ts";
import { attentionOp } from "../ops/attention.ts";
import { add, multiply } from "../ops/elementwise.ts";
import { matmul } from "../ops/linear-algebra.ts";
import { mean } from "../ops/reduce.ts";
import { reshape, transpose } from "../ops/shape.ts";
import { softmax } from "../ops/softmax.ts";
import { scalar } from "../ops/source.ts";
import { within } from "../scope.ts";
import type { Value } from "../value.ts";

/**
 * `graph` with the maps of its attentions as outputs: `nameOf` gives the output for the attention at a module path, undefined
 * for none. A map [N,T,S] is the mean over heads of how much each of T queries looks at each of S keys; maps of one
 * name, which must have one shape, are added up.
 */
export function attentionMaps(graph: Graph, nameOf: (scope: string) => string | undefined): Graph {
  const outputs: Record<string, Value> = { ...graph.outputs };
  for (const value of graph.values) {
    const name = value.op.name === attentionOp.name ? nameOf(value.scope) : undefined;
    if (name === undefined) continue;
    outputs[name] = within(value.scope, () => {
      const map = attentionMap(value);
      return outputs[name] === undefined ? map : add(outputs[name], map);
    });
  }
  return graphOf(graph.name, outputs);
}

/** The mean over heads of softmax(q·kᵀ/√d) [N,T,S] of an attention. */
function attentionMap({ inputs: [q, k], attributes }: Value): Value {
  const { heads } = attributes as AttentionAttributes;
  const width = (q.dims[2] as number) / heads;
  const split = (x: Value) => reshape(x, [x.dims[0], x.dims[1], heads, width]);
  const scores = matmul(transpose(split(q), [0, 2, 1, 3]), transpose(split(k), [0, 2, 3, 1])); // [N,heads,T,S]
  return mean(softmax(multiply(scores, scalar(width ** -0.5))), { axes: [1] });
}
