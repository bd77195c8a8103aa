// Matrix products.

import { dimText, sameDim } from "../dim.ts";
import type { Dim } from "../dim.ts";
import { apply } from "../op.ts";
import type { Op } from "../op.ts";
import type { Value } from "../value.ts";
import { broadcast } from "./elementwise.ts";

/** Which sides are taken with their last two axes exchanged: none by default. */
export interface MatmulAttributes {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** Inputs a and b. */
export const matmulOp: Op<MatmulAttributes> = {
  name: "matmul",
  infer([a, b], { transposeA = false, transposeB = false }) {
    if (a.dims.length < 2 || b.dims.length < 2) throw new TypeError("both sides need at least 2 axes");
    const [rows, innerA] = matrixDims(a, transposeA);
    const [innerB, columns] = matrixDims(b, transposeB);
    const inner = [innerA, innerB] as const;
    if (!sameDim(...inner)) throw new TypeError(`inner sizes ${dimText(inner[0])} and ${dimText(inner[1])} differ`);
    return {
      type: "float32",
      dims: [...broadcast(a.dims.slice(0, -2), b.dims.slice(0, -2)), rows, columns],
    };
  },
  lower(to, [a, b], { transposeA = false, transposeB = false }, { inputs }) {
    if (to.target === "cpu" && (transposeA || transposeB)) {
      return to.node(
        "FusedMatMul",
        [a, b],
        { transA: Number(transposeA), transB: Number(transposeB) },
        "com.microsoft",
      );
    }
    const sides = [transposeA, transposeB].map((transposed, i) =>
      transposed ? to.node("Transpose", [[a, b][i]], { perm: exchangedLast(inputs[i].dims.length) }) : [a, b][i],
    );
    return to.node("MatMul", sides);
  },
};

const matrixDims = ({ dims }: Value, transposed: boolean): readonly [Dim, Dim] =>
  transposed ? [dims.at(-1)!, dims.at(-2)!] : [dims.at(-2)!, dims.at(-1)!];

/** The permutation that exchanges the last two of `rank` axes. */
const exchangedLast = (rank: number): number[] => [
  ...Array.from({ length: rank - 2 }, (_, i) => i),
  rank - 1,
  rank - 2,
];

/** Inputs x, weight and, where there is one, bias. */
export const linearOp: Op<undefined> = {
  name: "linear",
  infer([x, weight, bias]) {
    if (weight.dims.length !== 2) throw new TypeError("the weight is not [out, in]");
    if (!sameDim(x.dims.at(-1)!, weight.dims[1])) {
      throw new TypeError(
        `input width ${dimText(x.dims.at(-1)!)} does not match weight width ${dimText(weight.dims[1])}`,
      );
    }
    if (bias !== undefined && !sameDim(bias.dims[0], weight.dims[0]))
      throw new TypeError("the bias does not match the weight");
    return { type: "float32", dims: [...x.dims.slice(0, -1), weight.dims[0]] };
  },
  lower(to, [x, weight, bias], _, { inputs, dims }) {
    const rank = inputs[0].dims.length;
    if (to.target === "cpu") {
      // Gemm takes the weight as stored ([out, in]), packs it once, and adds the bias while the sums are in registers.
      if (rank === 2) return to.node("Gemm", bias === undefined ? [x, weight] : [x, weight, bias], { transB: 1 });
      const rows = to.node("Reshape", [x, to.shape([-1, inputs[0].dims.at(-1)!])]);
      const product = to.node("Gemm", bias === undefined ? [rows, weight] : [rows, weight, bias], { transB: 1 });
      return to.node("Reshape", [product, to.shape(dims)]);
    }
    const product = to.node("MatMul", [x, to.node("Transpose", [weight], { perm: [1, 0] })]);
    return bias === undefined ? product : to.node("Add", [product, bias]);
  },
};

/** a [..., M, K] · b [..., K, N] → [..., M, N], leading axes broadcast; either side may be given transposed. */
export const matmul = (a: Value, b: Value, attributes: MatmulAttributes = {}): Value =>
  apply(matmulOp, [a, b], attributes);

/** x [..., in] · weight [out, in]ᵀ + bias [out] → [..., out]. */
export const linear = (x: Value, weight: Value, bias?: Value): Value =>
  apply(linearOp, bias === undefined ? [x, weight] : [x, weight, bias], undefined);
