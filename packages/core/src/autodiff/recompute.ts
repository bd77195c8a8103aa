// Activation recomputation (Chen et al. 2016, "Training deep nets with sublinear memory cost", arXiv 1604.06174, §4): the
// forward pass is cut into segments; only what crosses a cut is kept, and the backward pass of a segment starts by
// computing the segment's values again. ONNX Runtime goes from the last node of the graph to what it needs, of two
// operands the later made first: for little memory that has to meet the last layer's gradient first (as a norm does that is
// summed from the last parameter to the first).

import { graphOf } from "../graph/graph.ts";
import { apply } from "../graph/op.ts";
import type { Op } from "../graph/op.ts";
import { after, inputOp } from "../graph/ops/source.ts";
import { within } from "../graph/scope.ts";
import type { Value } from "../graph/value.ts";
import type { Applied } from "./rules/rule.ts";
import { segmentsOf, typicalElements } from "./segments.ts";

/**
 * For the backward pass of `loss`: what a rule is given for a value whose gradient has come. Operands and results that are
 * not kept are computed a second time, once for all rules of a segment, when the first gradient has arrived there.
 */
export function recomputation(loss: Value): (value: Value, gradient: Value) => Applied<never> {
  const { kept, segmentOf, last } = segmentsOf(graphOf("forward", { loss }).values);
  const isKept = (value: Value) => value.inputs.length === 0 || kept.has(value);
  /** By segment: the gradient that its second computation waits for, and what is computed again already. */
  const second = new Map<number, { readonly arrived: Value; readonly copies: Map<Value, Value> }>();

  const again = (value: Value, segment: number): Value => {
    const { arrived, copies } = second.get(segment)!;
    const known = copies.get(value);
    if (known !== undefined) return known;
    const copy = kept.has(value) ? after(value, arrived) : retraced(value, segment);
    copies.set(value, copy);
    return copy;
  };
  const retraced = (value: Value, segment: number): Value => {
    // Inputs (weights among them) are there anyway. Where an operator has no other operands, its smallest one waits.
    const waiting = value.inputs.every((operand) => operand.inputs.length === 0)
      ? smallestInput(value.inputs)
      : undefined;
    const operands = value.inputs.map((operand) => {
      if (operand === waiting) return after(operand, second.get(segment)!.arrived);
      return operand.inputs.length === 0 ? operand : again(operand, segment);
    });
    return within(`again/${value.scope}`, () => apply(value.op as Op<unknown>, operands, value.attributes));
  };

  return (y, gradient) => {
    const segment = segmentOf.get(y)!;
    if (!second.has(segment)) second.set(segment, { arrived: gradient, copies: new Map() });
    // The backward pass starts in the last segment: its values are still there.
    const given = (value: Value) => (segment === last || isKept(value) ? value : again(value, segment));
    return { inputs: y.inputs.map(given), attributes: y.attributes as never, y: given(y) };
  };
}

function smallestInput(values: readonly Value[]): Value | undefined {
  const inputs = values.filter(({ op }) => op.name === inputOp.name);
  return inputs.sort((a, b) => typicalElements(a) - typicalElements(b))[0];
}
