// Identity self-attention for some pictures of a batch (perturbed-attention guidance, arXiv 2403.17377, §4.2): each token
// takes its own value, as if the attention map were the identity matrix.

import type { Graph } from "../graph.ts";
import { attentionOp } from "../ops/attention.ts";
import { add, multiply, subtract } from "../ops/elementwise.ts";
import { reshape } from "../ops/shape.ts";
import { input } from "../ops/source.ts";
import { rewrite } from "./rewrite.ts";

/**
 * `graph` with one more input `perturbed` [batch]: where it is 1, the attentions at the module paths that `chosen` accepts are
 * the identity; where it is 0, nothing changes. Throws RangeError when it accepts none.
 */
export function perturbedAttention(graph: Graph, chosen: (scope: string) => boolean): Graph {
  const attentions = graph.values.filter(({ op, scope }) => op.name === attentionOp.name && chosen(scope));
  if (attentions.length === 0) {
    const places = graph.values.flatMap(({ op, scope }) => (op.name === attentionOp.name ? scope : []));
    throw new RangeError(`Cannot perturb attention: none of the layers is meant (${places.join(", ")} are there)`);
  }
  const [batch] = attentions[0].dims;
  const share = reshape(input("perturbed", [batch]), [batch, 1, 1]);
  return rewrite(graph, (value, kept) => {
    if (!attentions.includes(value)) return kept;
    const [, , v] = kept.inputs;
    // a + p·(v − a): exactly a where p = 0.
    return add(kept, multiply(share, subtract(v, kept)));
  });
}
