// Adafactor (arXiv 1804.04235), as transformers.Adafactor: of the squared gradients of a matrix it remembers averages
// over rows and over columns only, and clips each update by its root mean square.

import { add, divide, maximum, multiply, reciprocal, sqrt, subtract } from "../../graph/ops/elementwise.ts";
import { mean } from "../../graph/ops/reduce.ts";
import { reshape } from "../../graph/ops/shape.ts";
import { scalar } from "../../graph/ops/source.ts";
import type { Value } from "../../graph/value.ts";
import { decayed } from "./optimizer.ts";
import type { Optimizer } from "./optimizer.ts";

/** Options of `kind: "adafactor"`. */
export interface AdafactorOptions {
  /** Added to squared gradients, and the least scale of a parameter: 1e-30 and 1e-3 by default. */
  readonly epsilons?: readonly [number, number];
  /** Root mean square of an update from which on it is scaled down: 1 by default. */
  readonly clipThreshold?: number;
  /** The averages keep 1 − t^exponent of what they were: −0.8 by default. */
  readonly decayExponent?: number;
  /** How much of an average of updates is kept; without it there is none. */
  readonly beta1?: number;
  /** Steps are relative to the parameter's root mean square: true by default. */
  readonly scaleParameter?: boolean;
  /** The learning rate is a factor on min(0.01, 1/√t), rather than the size of a step itself: true by default. */
  readonly relativeStep?: boolean;
  /** min(10⁻⁶·t, 1/√t) in its place. */
  readonly warmupInit?: boolean;
}

/** u = g/√(R·C/mean R), w ← w − α·u/max(1, rms(u)/d), α = η·max(ε₂, rms(w)). R and C average g² + ε₁ over the last two axes. */
export function adafactor({
  epsilons: [epsilon1, epsilon2] = [1e-30, 1e-3],
  clipThreshold = 1,
  decayExponent = -0.8,
  beta1,
  scaleParameter = true,
  relativeStep = true,
  warmupInit = false,
}: AdafactorOptions): Optimizer {
  return {
    slots(dims) {
      const squares: Record<string, readonly number[]> =
        dims.length >= 2
          ? { rows: dims.slice(0, -1), columns: [...dims.slice(0, -2), dims.at(-1)!] }
          : { square: dims };
      return { ...squares, ...(beta1 !== undefined && { update: dims }) };
    },
    scalars({ step, learningRate, weightDecay }) {
      const relative = Math.min(warmupInit ? 1e-6 * step : 1e-2, 1 / Math.sqrt(step));
      const beta2 = 1 - step ** decayExponent;
      return {
        rate: relativeStep ? learningRate * relative : learningRate,
        decay: weightDecay,
        beta2,
        enters: 1 - beta2,
      };
    },
    step(step) {
      const { parameter, gradient, slots, scalars } = step;
      const rate = scaleParameter
        ? multiply(scalars.rate, maximum(rootMeanSquare(parameter), scalar(epsilon2)))
        : scalars.rate;
      const average = (kept: Value, entering: Value) =>
        add(multiply(kept, scalars.beta2), multiply(entering, scalars.enters));
      const squared = add(multiply(gradient, gradient), scalar(epsilon1));
      const next: Record<string, Value> =
        slots.square === undefined
          ? {
              rows: average(slots.rows, mean(squared, { axes: [-1] })),
              columns: average(slots.columns, mean(squared, { axes: [-2] })),
            }
          : { square: average(slots.square, squared) };
      const scaled = multiply(gradient, inverseRoot(next));
      const limit = maximum(divide(rootMeanSquare(scaled), scalar(clipThreshold)), scalar(1));
      let update = multiply(scaled, divide(rate, limit));
      if (beta1 !== undefined) {
        update = add(multiply(slots.update, scalar(beta1)), multiply(update, scalar(1 - beta1)));
        next.update = update;
      }
      // Weight decay goes with the parameter's own rate.
      const keep = subtract(scalar(1), multiply(rate, scalars.decay));
      return { parameter: subtract(decayed({ ...step, scalars: { keep } }), update), slots: next };
    },
  };
}

/** 1/√(R·C/mean R) of what is remembered of a matrix, 1/√v of a vector's squares. */
function inverseRoot({ rows, columns, square }: Readonly<Record<string, Value>>): Value {
  if (square !== undefined) return reciprocal(sqrt(square));
  const share = divide(rows, mean(rows, { axes: [-1], keep: true }));
  const byRow = reciprocal(sqrt(reshape(share, [...rows.dims, 1])));
  const byColumn = reciprocal(sqrt(reshape(columns, [...columns.dims.slice(0, -1), 1, columns.dims.at(-1)!])));
  return multiply(byRow, byColumn);
}

const rootMeanSquare = (x: Value): Value => sqrt(mean(multiply(x, x)));
