// What a gradient rule is: from a result's gradient to its operands', in graph operators, so that gradients have gradients.

import type { Op } from "../../graph/op.ts";
import type { Value } from "../../graph/value.ts";

/** What a rule is given besides the gradient of the result. */
export interface Applied<A = unknown> {
  /** The operands. */
  readonly inputs: readonly Value[];
  readonly attributes: A;
  /** The result. */
  readonly y: Value;
}

/** The operands' gradients of one operator, undefined for operands without one (indices, conditions). */
export type Rule<A = never> = (gradient: Value, applied: Applied<A>) => readonly (Value | undefined)[];

/** Rules by operator name. */
export type Rules = Readonly<Record<string, Rule>>;

/** The table entry of one operator's rule. */
export const rule = <A>(op: Op<A>, backward: Rule<A>): [name: string, rule: Rule] => [op.name, backward as Rule];

/** The table entry of an operator with one operand x. */
export const unaryRule = <A>(
  op: Op<A>,
  backward: (gradient: Value, x: Value, applied: Applied<A>) => Value,
): [name: string, rule: Rule] => rule(op, (gradient, applied) => [backward(gradient, applied.inputs[0], applied)]);
