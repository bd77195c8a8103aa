// Other inputs for some linear layers of a network: hypernetworks change what keys and values are made from.

import type { Graph } from "../graph.ts";
import { linear, linearOp } from "../ops/linear-algebra.ts";
import { parameterOp } from "../ops/source.ts";
import type { ParameterAttributes } from "../ops/source.ts";
import type { Value } from "../value.ts";
import { rewrite } from "./rewrite.ts";

/** The input that a linear layer gets instead of x [..., D]; `name` is its weight's, "….attn2.to_k.weight". */
export type ChangeInput = (name: string, x: Value) => Value;

/** `graph` with `change` asked for the input of every linear layer whose weight is a parameter. */
export function projectionInputs(graph: Graph, change: ChangeInput): Graph {
  return rewrite(graph, (_, kept) => {
    if (kept.op.name !== linearOp.name) return kept;
    const [x, weight, bias] = kept.inputs;
    if (weight.op.name !== parameterOp.name) return kept;
    const changed = change((weight.attributes as ParameterAttributes).name, x);
    return changed === x ? kept : linear(changed, weight, bias);
  });
}
