// LoRA: ΔW = alpha/rank · up·down. Hu et al. 2021, arXiv:2106.09685. For convolutions (LoCon) `down` is a convolution of
// the same kernel and `up` one of 1×1; with `mid` (LyCORIS' CP decomposition) down and up are 1×1 and mid has the kernel.

import { tensor } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { axes, scaleOf, shapeText } from "./form.ts";
import type { FreeFormType } from "./form.ts";
import { product, transposed, tucker } from "./product.ts";

/** down [rank, in, (k, k)], up [out, rank, (1, 1)], mid [rank, rank, k, k], scale = alpha/rank. */
export interface LoraForm {
  readonly kind: "lora";
  readonly down: Tensor;
  readonly up: Tensor;
  readonly mid?: Tensor;
  readonly scale: number;
}

/** LoRA and LoCon. */
export const lora: FreeFormType<LoraForm> = {
  is: (fields) => fields.has("down") && fields.has("up"),
  fields: ["down", "up", "mid", "alpha"],
  rank: (dims) => dims.get("down")![0],
  problem(dims, base) {
    const { out, into, inner } = axes(base);
    const [down, up, mid] = ["down", "up", "mid"].map((field) => dims.get(field));
    const { out: rank, into: downIn, inner: downInner } = axes(down!);
    const { out: upOut, into: upRank, inner: upInner } = axes(up!);
    const kernel = mid === undefined ? downInner : downInner * axes(mid).inner;
    const fits =
      rank > 0 &&
      upRank === rank &&
      upOut === out &&
      downIn * kernel === into * inner &&
      upInner === 1 &&
      (mid === undefined || (downInner === 1 && downIn === into && mid[0] === rank && mid[1] === rank));
    return fits ? undefined : `down ${shapeText(down)}, up ${shapeText(up)}${mid ? `, mid ${shapeText(mid)}` : ""}`;
  },
  read(values, scale) {
    const [down, up, mid] = ["down", "up", "mid"].map((field) => values.get(field));
    return { kind: "lora", down: down!, up: up!, mid, scale: scaleOf(values, down!.dims[0], scale) };
  },
  change(form, dims) {
    const { out } = axes(dims);
    const { down, up, scale } = withoutMid(form);
    const [rank] = down.dims;
    return product(up.data, down.data, { rows: out, inner: rank, columns: down.data.length / rank, scale });
  },
  delta: (form, base) => lora.change(form, base.dims),
};

/** The same change as two factors alone: a middle factor is multiplied into `down`, which then has its kernel. */
export function withoutMid(form: LoraForm): Omit<LoraForm, "mid"> {
  const { down, up, mid, scale } = form;
  if (mid === undefined) return form;
  const [rank, into] = down.dims;
  const [, , ...kernel] = mid.dims;
  const identity = new Float32Array(rank * rank);
  for (let i = 0; i < rank; i++) identity[i * rank + i] = 1;
  const data = tucker(mid, { left: identity, right: down.data, out: rank, into });
  return { kind: "lora", down: tensor([rank, into, ...kernel], data), up, scale };
}

/** A LoRA's first `rank` components, at the scale of all: what a dynamic LoRA (DyLoRA, arXiv:2210.07558) allows. */
export function cutToRank(form: LoraForm, rank: number): LoraForm {
  const { down, up, scale } = withoutMid(form);
  const [full] = down.dims;
  if (rank >= full) return form;
  const { out } = axes(up.dims);
  const rows = transposed(up.data, out, full).slice(0, rank * out);
  return {
    kind: "lora",
    down: tensor([rank, ...down.dims.slice(1)], down.data.slice(0, (down.data.length / full) * rank)),
    up: tensor([out, rank, ...up.dims.slice(2)], transposed(rows, rank, out)),
    scale,
  };
}

/** Dimensions that a LoRA of `rank` has for a parameter [out, in, (k, k)]. */
export function loraDims(base: readonly number[], rank: number): { down: number[]; up: number[] } {
  const [out, into, ...kernel] = base;
  return { down: [rank, into, ...kernel], up: [out, rank, ...kernel.map(() => 1)] };
}
