// Gradients of matrix products.

import { multiplyDims } from "../../graph/dim.ts";
import { linearOp, matmul, matmulOp } from "../../graph/ops/linear-algebra.ts";
import { sum } from "../../graph/ops/reduce.ts";
import { reshape } from "../../graph/ops/shape.ts";
import type { Value } from "../../graph/value.ts";
import { unbroadcast } from "../unbroadcast.ts";
import { rule } from "./rule.ts";
import type { Rules } from "./rule.ts";

/** x [..., D] as a matrix [rows, D]. */
const matrix = (x: Value): Value =>
  x.dims.length === 2 ? x : reshape(x, [multiplyDims(...x.dims.slice(0, -1)), x.dims.at(-1)!]);

/** The rules of graph/ops/linear-algebra.ts. */
export const linearAlgebraRules: Rules = Object.fromEntries([
  // y = A·B ⇒ dA = g·Bᵀ, dB = Aᵀ·g, and these transposed where a or b was.
  rule(matmulOp, (g, { inputs: [a, b], attributes: { transposeA = false, transposeB = false } }) => {
    const da = transposeA
      ? matmul(b, g, { transposeA: transposeB, transposeB: true })
      : matmul(g, b, { transposeB: !transposeB });
    // One product over all rows where one matrix b multiplied many.
    const [rows, result] = b.dims.length === 2 && !transposeA ? [matrix(a), matrix(g)] : [a, g];
    const db = transposeB
      ? matmul(result, rows, { transposeA: true, transposeB: transposeA })
      : matmul(rows, result, { transposeA: !transposeA });
    return [unbroadcast(da, a.dims), unbroadcast(db, b.dims)];
  }),
  // y = x·Wᵀ + b ⇒ dx = g·W, dW = gᵀ·x, db = Σ g over rows
  rule(linearOp, (g, { inputs: [x, weight] }) => [
    matmul(g, weight),
    matmul(matrix(g), matrix(x), { transposeA: true }),
    sum(matrix(g), { axes: [0] }),
  ]),
]);
