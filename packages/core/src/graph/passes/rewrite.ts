// Passes that replace some values of a graph and leave the rest as it is.

import type { Graph } from "../graph.ts";
import { graphOf } from "../graph.ts";
import { apply } from "../op.ts";
import type { Op } from "../op.ts";
import { within } from "../scope.ts";
import type { Value } from "../value.ts";

/** What becomes of `value` at its module path; `kept` is the same operator on its new operands `kept.inputs`. */
export type Replace = (value: Value, kept: Value) => Value;

/** `graph` with `replace` asked for every value, operands first. Outputs and inputs keep their names. */
export function rewrite(graph: Graph, replace: Replace): Graph {
  const made = new Map<Value, Value>();
  for (const value of graph.values) {
    const inputs = value.inputs.map((input) => made.get(input)!);
    made.set(
      value,
      within(value.scope, () => replace(value, withInputs(value, inputs))),
    );
  }
  const outputs = Object.entries(graph.outputs).map(([name, value]) => [name, made.get(value)!]);
  return graphOf(graph.name, Object.fromEntries(outputs));
}

/** The same operator on other operands; `value` itself when they are its own. */
function withInputs(value: Value, inputs: readonly Value[]): Value {
  if (inputs.every((input, i) => input === value.inputs[i])) return value;
  return apply(value.op as Op<unknown>, inputs, value.attributes);
}
