// Reverse-mode differentiation (Griewank and Walther 2008, §3.2): gradients flow from the loss to its operands, last
// operator first; where a value was used several times they add up.

import { dimsText, sameDims } from "../graph/dim.ts";
import { expand } from "../graph/ops/shape.ts";
import { scalar } from "../graph/ops/source.ts";
import { within } from "../graph/scope.ts";
import type { Value } from "../graph/value.ts";
import { accumulate } from "./accumulate.ts";
import { recomputation } from "./recompute.ts";
import { notDifferentiable, rules } from "./rules/index.ts";
import type { Applied } from "./rules/rule.ts";

/** How to differentiate. */
export interface GradientOptions {
  /** Compute most of the forward pass a second time rather than keep it: a third more work, far less memory (recompute.ts). */
  readonly recompute?: boolean;
}

/**
 * The derivatives of `loss` with respect to each of `wrt`, of the same shapes; zeros where it does not depend on it.
 * `seed` is the gradient of the loss itself, of its shape: 1 for a scalar by default. Throws TypeError when the loss is
 * not a scalar and there is no seed.
 */
export function gradients(
  loss: Value,
  wrt: readonly Value[],
  seed?: Value,
  { recompute = false }: GradientOptions = {},
): Value[] {
  if (seed === undefined && loss.dims.length > 0) {
    throw new TypeError(`Cannot differentiate a value of shape ${dimsText(loss.dims)}: a scalar or a seed is wanted`);
  }
  if (seed !== undefined && !sameDims(seed.dims, loss.dims)) {
    const wanted = `${dimsText(loss.dims)} is wanted`;
    throw new TypeError(`Cannot differentiate with a seed of shape ${dimsText(seed.dims)}: ${wanted}`);
  }
  const between = pathsBetween(loss, new Set(wrt));
  const applied = recompute ? recomputation(loss) : traced;
  const found = new Map<Value, Value>([[loss, seed ?? scalar(1)]]);
  for (const value of between) {
    const gradient = found.get(value);
    if (gradient === undefined || value.inputs.length === 0) continue;
    const backward = rules[value.op.name];
    if (backward === undefined) throw new Error(`Cannot differentiate ${value.op.name}: it has no rule`);
    within(value.scope === "" ? "gradient" : `gradient/${value.scope}`, () => {
      backward(gradient, applied(value, gradient)).forEach((part, i) => {
        const operand = value.inputs[i];
        if (part === undefined || !between.has(operand)) return;
        const others = found.get(operand);
        found.set(operand, others === undefined ? part : accumulate(others, part));
      });
    });
  }
  return wrt.map((value) => (between.has(value) && found.get(value)) || expand(scalar(0), value.dims));
}

/** A value as it was traced. */
const traced = (y: Value): Applied<never> => ({ inputs: y.inputs, attributes: y.attributes as never, y });

/** The values through which `loss` depends on `wrt`, users before their operands. */
function pathsBetween(loss: Value, wrt: ReadonlySet<Value>): Set<Value> {
  const reached = new Set<Value>();
  const pending = [loss];
  while (pending.length > 0) {
    const value = pending.pop()!;
    if (reached.has(value)) continue;
    reached.add(value);
    if (!notDifferentiable.has(value.op.name)) pending.push(...value.inputs);
  }
  // Operands are made before their users, so ascending ids are a topological order.
  const ordered = [...reached].sort((a, b) => a.id - b.id);
  const depending = new Set<Value>();
  for (const value of ordered) {
    const through = !notDifferentiable.has(value.op.name) && value.inputs.some((operand) => depending.has(operand));
    if (value.type === "float32" && (wrt.has(value) || through)) depending.add(value);
  }
  return new Set([...depending].reverse());
}
