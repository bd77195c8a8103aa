// Muon (K. Jordan et al. 2024; torch.optim.Muon): the averaged gradient of a matrix is brought near the orthogonal matrix that is
// nearest to it, so that a step moves in all directions alike and not only where gradients are large. Vectors and tables of embeddings,
// of which a batch touches a few rows only, step as AdamW's.

import { add, divide, maximum, multiply, sqrt, subtract } from "../../graph/ops/elementwise.ts";
import { matmul } from "../../graph/ops/linear-algebra.ts";
import { sum } from "../../graph/ops/reduce.ts";
import { reshape } from "../../graph/ops/shape.ts";
import { scalar } from "../../graph/ops/source.ts";
import type { Value } from "../../graph/value.ts";
import { elementCount } from "../../tensor/tensor.ts";
import { adam } from "./adam.ts";
import { decayed, isEmbedding } from "./optimizer.ts";
import type { Optimizer } from "./optimizer.ts";

/** Options of `kind: "muon"`. */
export interface MuonOptions {
  /** How much of the average of gradients is kept: 0.95 by default. */
  readonly momentum?: number;
  /** For vectors and tables, as AdamW's: 0.9 and 0.95 by default. */
  readonly betas?: readonly [number, number];
}

/** Iterations, and the coefficients of torch: singular values from 1/100 up come between 0.7 and 1.2 in five. */
const iterations = 5;
const [linear, cubic, quintic] = [3.4445, -4.775, 2.0315];

/**
 * m ← μm + (1−μ)g, w ← (1−ηλ)w − η·0.2·√max(rows, columns)·O(μm + (1−μ)g), which gives steps the root mean square of AdamW's, so that
 * its learning rates fit (arXiv 2502.16982, §2.2). Convolutions [O,I,h,w] are matrices [O, I·h·w].
 */
export function muon({ momentum = 0.95, betas = [0.9, 0.95] }: MuonOptions): Optimizer {
  const vectors = adam("apart")({ betas });
  const isMatrix = (name: string, dims: readonly number[]): boolean => dims.length >= 2 && !isEmbedding(name, dims);
  return {
    slots: (dims, name) => (isMatrix(name, dims) ? { mean: dims } : vectors.slots(dims, name)),
    scalars: (moment) => ({ ...vectors.scalars(moment), learningRate: moment.learningRate }),
    step(step) {
      const { parameter, gradient, slots, scalars } = step;
      const dims = parameter.dims as readonly number[];
      if (!isMatrix(step.name, dims)) return vectors.step(step);
      const mixed = (m: Value, g: Value) => add(multiply(m, scalar(momentum)), multiply(g, scalar(1 - momentum)));
      const mean = mixed(slots.mean, gradient);
      const [rows, columns] = [dims[0], elementCount(dims.slice(1))];
      const direction = nearestOrthogonal(reshape(mixed(mean, gradient), [rows, columns]));
      const rate = multiply(scalars.learningRate, scalar(0.2 * Math.sqrt(Math.max(rows, columns))));
      return {
        parameter: subtract(decayed(step), multiply(reshape(direction, dims), rate)),
        slots: { mean },
      };
    },
  };
}

/** X [m,n] → about U·Vᵀ where X = U·S·Vᵀ: X ← aX + (bA + cA²)X with A = XXᵀ, of the shorter side, from X/|X| on. */
export function nearestOrthogonal(x: Value): Value {
  const [rows, columns] = x.dims as readonly number[];
  const isTall = rows > columns;
  let result = divide(x, maximum(sqrt(sum(multiply(x, x))), scalar(1e-7)));
  for (let i = 0; i < iterations; i++) {
    // A tall matrix is seen from the other side: XᵀX is the smaller one.
    const gram = matmul(result, result, isTall ? { transposeA: true } : { transposeB: true });
    const change = add(multiply(gram, scalar(cubic)), multiply(matmul(gram, gram), scalar(quintic)));
    const moved = isTall ? matmul(result, change) : matmul(change, result);
    result = add(multiply(result, scalar(linear)), moved);
  }
  return result;
}
