// Common-subexpression elimination: what is computed twice from the same operands is computed once.

import type { Graph } from "../graph.ts";
import { graphOf } from "../graph.ts";
import { apply } from "../op.ts";
import type { Op } from "../op.ts";
import { within } from "../scope.ts";
import type { Value } from "../value.ts";

/** `graph` with equal values (operator, attributes and operands) made one, at the module path of the first. */
export function shareCommonValues(graph: Graph): Graph {
  const firsts = new Map<string, Value>();
  const shared = new Map<Value, Value>();
  for (const value of graph.values) {
    const inputs = value.inputs.map((input) => shared.get(input)!);
    const key = `${value.op.name}(${inputs.map(({ id }) => id)}) ${textOf(value.attributes)}`;
    const first = firsts.get(key) ?? withInputs(value, inputs);
    firsts.set(key, first);
    shared.set(value, first);
  }
  const outputs = Object.entries(graph.outputs).map(([name, value]) => [name, shared.get(value)!]);
  return graphOf(graph.name, Object.fromEntries(outputs));
}

/** The same operator on other operands; `value` itself when they are its own. */
function withInputs(value: Value, inputs: readonly Value[]): Value {
  if (inputs.every((input, i) => input === value.inputs[i])) return value;
  return within(value.scope, () => apply(value.op as Op<unknown>, inputs, value.attributes));
}

/** Attributes as text that is equal only when they are: arrays by their bytes, so that −0 is not 0. */
const textOf = (attributes: unknown): string =>
  JSON.stringify(attributes, (_, value: unknown) =>
    ArrayBuffer.isView(value)
      ? `${value.constructor.name} ${new Uint8Array(value.buffer, value.byteOffset, value.byteLength)}`
      : value,
  );
