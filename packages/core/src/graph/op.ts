// What an operator is: a name, a shape rule, and its lowering to ONNX nodes. Operators live in ops/, by kind.

import { dimsText } from "./dim.ts";
import type { Dim } from "./dim.ts";
import type { Lowering } from "./lowering.ts";
import { currentScope } from "./scope.ts";
import type { DataType, Value } from "./value.ts";

/** Element type and dimensions of a result. */
export interface Signature {
  readonly type: DataType;
  readonly dims: readonly Dim[];
}

/** An operator with attributes of type A and exactly one result. */
export interface Op<A> {
  readonly name: string;
  /** The result's signature; throws an Error with the reason alone when the inputs do not fit. */
  infer(inputs: readonly Value[], attributes: A): Signature;
  /** Emits ONNX nodes that compute it; returns the name of the result. */
  lower(to: Lowering, inputs: readonly string[], attributes: A, value: Value): string;
}

let nextId = 0;

/** Applies `op`: the new symbolic tensor. Throws TypeError that names the module path, the operator and its inputs. */
export function apply<A>(op: Op<A>, inputs: readonly Value[], attributes: A): Value {
  const scope = currentScope();
  let signature: Signature;
  try {
    signature = op.infer(inputs, attributes);
  } catch (cause) {
    const shapes = inputs.map((input) => dimsText(input.dims)).join(", ");
    const where = scope === "" ? op.name : `${scope} (${op.name})`;
    throw new TypeError(`Cannot trace ${where}: ${(cause as Error).message}; inputs ${shapes}`, { cause });
  }
  return { id: nextId++, op: op as Op<never>, inputs, attributes, ...signature, scope };
}
