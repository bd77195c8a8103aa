// A traced network: named outputs and everything they reach.

import { inputOp, parameterOp } from "./ops/source.ts";
import type { InputAttributes, ParameterAttributes } from "./ops/source.ts";
import type { Value } from "./value.ts";

/** A network between its inputs and its named outputs. */
export interface Graph {
  readonly name: string;
  readonly outputs: Readonly<Record<string, Value>>;
  /** Every value the outputs reach, operands before their users. */
  readonly values: readonly Value[];
}

/** The graph that computes `outputs`. Throws RangeError when two inputs, parameters or outputs share a name. */
export function graphOf(name: string, outputs: Readonly<Record<string, Value>>): Graph {
  const reached = new Set<Value>();
  const pending = Object.values(outputs);
  while (pending.length > 0) {
    const value = pending.pop()!;
    if (reached.has(value)) continue;
    reached.add(value);
    pending.push(...value.inputs);
  }
  // Operands are made before their users, so ascending ids are a topological order.
  const values = [...reached].sort((a, b) => a.id - b.id);
  const names = new Set<string>();
  const named = [...inputsOf({ values }), ...parametersOf({ values })].map((source) => source.name);
  for (const own of [...named, ...Object.keys(outputs)]) {
    if (names.has(own)) {
      throw new RangeError(
        `Cannot make graph "${name}": two of its inputs, parameters and outputs are called "${own}" (distinct names are wanted)`,
      );
    }
    names.add(own);
  }
  return { name, outputs, values };
}

/** The inputs a caller must feed. */
export const inputsOf = ({ values }: Pick<Graph, "values">): InputAttributes[] =>
  attributesOf<InputAttributes>(values, inputOp.name);

/** The weights a checkpoint must supply, in order of use. */
export const parametersOf = ({ values }: Pick<Graph, "values">): ParameterAttributes[] =>
  attributesOf<ParameterAttributes>(values, parameterOp.name);

const attributesOf = <A>(values: readonly Value[], op: string): A[] =>
  values.filter((value) => value.op.name === op).map((value) => value.attributes as A);
