// Matrix products.

import { dimText, sameDim } from "../dim.ts";
import { apply } from "../op.ts";
import type { Op } from "../op.ts";
import type { Value } from "../value.ts";
import { broadcast } from "./elementwise.ts";

/** Inputs a and b. */
export const matmulOp: Op<undefined> = {
  name: "matmul",
  infer([a, b]) {
    if (a.dims.length < 2 || b.dims.length < 2) throw new TypeError("both sides need at least 2 axes");
    const inner = [a.dims.at(-1)!, b.dims.at(-2)!] as const;
    if (!sameDim(...inner)) throw new TypeError(`inner sizes ${dimText(inner[0])} and ${dimText(inner[1])} differ`);
    return {
      type: "float32",
      dims: [...broadcast(a.dims.slice(0, -2), b.dims.slice(0, -2)), a.dims.at(-2)!, b.dims.at(-1)!],
    };
  },
  lower: (to, inputs) => to.node("MatMul", inputs),
};

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

/** a [..., M, K] · b [..., K, N] → [..., M, N], leading axes broadcast. */
export const matmul = (a: Value, b: Value): Value => apply(matmulOp, [a, b], undefined);

/** x [..., in] · weight [out, in]ᵀ + bias [out] → [..., out]. */
export const linear = (x: Value, weight: Value, bias?: Value): Value =>
  apply(linearOp, bias === undefined ? [x, weight] : [x, weight, bias], undefined);
