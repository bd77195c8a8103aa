// GLoRA: ΔW = scale · (W·A + B), A and B of low rank. Chavan et al. 2023, arXiv:2306.07967. LyCORIS' present files hold
// A = a1·a2 and B = b1·b2; its first ones had the factors the other way round: A = a2·a1, B = b2·b1.

import type { Tensor } from "../../tensor/tensor.ts";
import { axes, scaleOf, shapeText } from "./form.ts";
import type { FieldDims, FormType } from "./form.ts";
import { lora } from "./lora.ts";
import type { LoraForm } from "./lora.ts";
import { product, transposed } from "./product.ts";

/** left [in, rank]·right [rank, in] changes what goes in; `added` is B as a LoRA. */
export interface GloraForm {
  readonly kind: "glora";
  readonly left: Tensor;
  readonly right: Tensor;
  readonly added: LoraForm;
  readonly scale: number;
}

/** LyCORIS' GLoRA, of both times. */
export const glora: FormType<GloraForm> = {
  is: (fields) => ["a1", "a2", "b1", "b2"].every((field) => fields.has(field)),
  fields: ["a1", "a2", "b1", "b2", "bm", "alpha"],
  rank: (dims) => parts(dims).rank,
  problem(dims, base) {
    const { into } = axes(base);
    const { left, right, up, down, rank } = parts(dims);
    const [l, r] = [axes(dims.get(left)!), axes(dims.get(right)!)];
    const fits = l.out === into && l.into === rank && r.out === rank && r.into === into && l.inner * r.inner === 1;
    if (!fits) return `a1 ${shapeText(dims.get("a1"))}, a2 ${shapeText(dims.get("a2"))}`;
    return lora.problem(loraFields(dims, { up, down }), base);
  },
  read(values, scale) {
    const dims = new Map([...values].map(([field, { dims }]) => [field, dims]));
    const { left, right, up, down, rank } = parts(dims);
    const added = lora.read(loraFields(values, { up, down }), undefined);
    return {
      kind: "glora",
      left: values.get(left)!,
      right: values.get(right)!,
      added,
      scale: scaleOf(values, rank, scale),
    };
  },
  delta({ left, right, added, scale }, base) {
    const { out, into, inner } = axes(base.dims);
    const [, rank] = left.dims;
    const delta = lora.change(added, base.dims);
    // W [out, in, k] · A [in, in]: on each output channel Aᵀ·W, by way of the rank.
    const leftT = transposed(left.data, into, rank);
    const rightT = transposed(right.data, rank, into);
    for (let o = 0; o < out; o++) {
      const start = o * into * inner;
      const row = base.data.subarray(start, start + into * inner);
      const narrow = product(leftT, row, { rows: rank, inner: into, columns: inner });
      const wide = product(rightT, narrow, { rows: into, inner: rank, columns: inner });
      for (let i = 0; i < wide.length; i++) delta[start + i] = (delta[start + i] + wide[i]) * scale;
    }
    return delta;
  },
};

/** Which field is which factor: the narrow side of a1 tells the order. */
function parts(dims: FieldDims): { left: string; right: string; up: string; down: string; rank: number } {
  const [rows, columns] = dims.get("a1")!;
  return columns <= rows
    ? { left: "a1", right: "a2", up: "b1", down: "b2", rank: columns }
    : { left: "a2", right: "a1", up: "b2", down: "b1", rank: rows };
}

function loraFields<T>(fields: ReadonlyMap<string, T>, { up, down }: { up: string; down: string }): Map<string, T> {
  const mid = fields.get("bm");
  return new Map([["up", fields.get(up)!], ["down", fields.get(down)!], ...(mid ? [["mid", mid] as const] : [])]);
}
