// Scaled dot-product attention with several heads (Vaswani et al. 2017, arXiv 1706.03762, §3.2).

import { dimText, sameDim } from "../dim.ts";
import { floats, ints } from "../lowering.ts";
import type { Lowering } from "../lowering.ts";
import { apply } from "../op.ts";
import type { Op } from "../op.ts";
import type { Value } from "../value.ts";

/** How queries see keys. */
export interface AttentionAttributes {
  readonly heads: number;
  /** Each token sees itself and those before it (text encoders). */
  readonly causal: boolean;
}

/** Inputs q [N,T,D], k [N,S,D], v [N,S,D]. */
export const attentionOp: Op<AttentionAttributes> = {
  name: "attention",
  infer([q, k, v], { heads }) {
    for (const [name, x] of Object.entries({ query: q, key: k, value: v })) {
      if (x.dims.length !== 3) throw new TypeError(`the ${name} is not [N, T, D]`);
    }
    const width = q.dims[2];
    if (typeof width !== "number" || width % heads !== 0)
      throw new TypeError(`width ${dimText(width)} does not divide into ${heads} heads`);
    if (!sameDim(k.dims[2], width))
      throw new TypeError(`query width ${width} does not match key width ${dimText(k.dims[2])}`);
    if (!sameDim(k.dims[1], v.dims[1])) throw new TypeError("keys and values differ in number");
    return { type: "float32", dims: [q.dims[0], q.dims[1], v.dims[2]] };
  },
  lower: (to, inputs, { heads, causal }, value) =>
    // Fused (flash) attention: never holds the [T, T] matrix, and is 1.4–1.5 times as fast as MatMul-Softmax-MatMul.
    to.fusedAttention
      ? to.node(
          "MultiHeadAttention",
          inputs,
          { num_heads: heads, ...(causal && { unidirectional: 1 }) },
          "com.microsoft",
        )
      : lowerToProducts(to, inputs, { heads, causal }, value),
};

/** The same as plain products, for devices whose fused kernel is wrong. Holds the scores [N,heads,T,S]. */
function lowerToProducts(
  to: Lowering,
  [q, k, v]: readonly string[],
  { heads, causal }: AttentionAttributes,
  { inputs }: Value,
): string {
  const width = inputs[0].dims[2] as number;
  const [, tokens] = inputs[0].dims;
  const [, sources] = inputs[1].dims;
  const split = (x: string, perm: readonly number[]) =>
    to.node("Transpose", [to.node("Reshape", [x, ints(to, [0, 0, heads, -1])])], { perm });
  const scaled = to.node("Mul", [split(q, [0, 2, 1, 3]), floats(to, [(width / heads) ** -0.5], [])]);
  let scores = to.node("MatMul", [scaled, split(k, [0, 2, 3, 1])]); // [N,heads,T,S]
  if (causal) {
    const never = to.node("Expand", [floats(to, [-1e30], []), to.shape([tokens, sources])]);
    scores = to.node("Add", [scores, to.node("Trilu", [never, ints(to, [1], [])], { upper: 1 })]);
  }
  const mixed = to.node("MatMul", [to.node("Softmax", [scores], { axis: -1 }), split(v, [0, 2, 1, 3])]);
  return to.node("Reshape", [to.node("Transpose", [mixed], { perm: [0, 2, 1, 3] }), ints(to, [0, 0, -1])]);
}

/** softmax(q·kᵀ/√(D/heads))·v per head: q [N,T,D], k and v [N,S,D] → [N,T,D]. */
export const attention = (
  q: Value,
  k: Value,
  v: Value,
  { heads, causal = false }: { heads: number; causal?: boolean },
): Value => apply(attentionOp, [q, k, v], { heads, causal });
