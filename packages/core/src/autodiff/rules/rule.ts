// What a gradient rule is: from a result's gradient to its operands', in graph operators, so that gradients have gradients.

import type { Op } from "../../graph/op.ts";
import { constant } from "../../graph/ops/source.ts";
import type { Value } from "../../graph/value.ts";

/** The operands' gradients of one operator, undefined for operands without one (indices, conditions). */
export type Rule = (value: Value, gradient: Value) => readonly (Value | undefined)[];

/** Rules by operator name. */
export type Rules = Readonly<Record<string, Rule>>;

/** What a rule is given besides the gradient of the result. */
export interface Applied<A> {
  /** The operands. */
  readonly inputs: readonly Value[];
  readonly attributes: A;
  /** The result. */
  readonly y: Value;
}

/** The table entry of one operator's rule. */
export const rule = <A>(
  op: Op<A>,
  backward: (gradient: Value, applied: Applied<A>) => readonly (Value | undefined)[],
): [name: string, rule: Rule] => [
  op.name,
  (y, gradient) => backward(gradient, { inputs: y.inputs, attributes: y.attributes as A, y }),
];

/** The rule for an operator with one operand. */
export const unaryRule = <A>(
  op: Op<A>,
  backward: (gradient: Value, x: Value, applied: Applied<A>) => Value,
): [name: string, rule: Rule] => rule(op, (gradient, applied) => [backward(gradient, applied.inputs[0], applied)]);

/** A scalar constant. */
export const number = (value: number): Value => constant([value], []);
