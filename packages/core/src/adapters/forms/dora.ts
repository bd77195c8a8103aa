// DoRA: ΔW = m ⊙ (W + V)/‖W + V‖ − W, V being the change of another form and the norm that of each column (or row) of
// the changed weight. Liu et al. 2024, arXiv:2402.09353. LyCORIS keeps a magnitude per input channel (or, "on output", per
// output channel: its shape tells); PEFT one per output channel.

import type { Tensor } from "../../tensor/tensor.ts";
import { axes, shapeText } from "./form.ts";
import type { FieldDims, FormType, FreeFormType } from "./form.ts";
import { loha } from "./loha.ts";
import type { LohaForm } from "./loha.ts";
import { lokr } from "./lokr.ts";
import type { LokrForm } from "./lokr.ts";
import { lora } from "./lora.ts";
import type { LoraForm } from "./lora.ts";

/** Forms that have a change of their own to be rescaled. */
type Inner = LoraForm | LohaForm | LokrForm;

/** A change and the lengths that the changed weight's channels get. */
export interface DoraForm {
  readonly kind: "dora";
  readonly change: Inner;
  readonly magnitude: Float32Array;
  /** Which channels have a length; undefined where the shape alone does not say it (a square weight's [n] are outputs). */
  readonly axis: "in" | "out";
}

const inners: Readonly<Record<Inner["kind"], FreeFormType<Inner>>> = { lora, loha, lokr };

/** DoRA over LoRA, LoHa or LoKr. */
export const dora: FormType<DoraForm> = {
  is: (fields) => magnitudeField(fields) !== undefined && innerOf(fields) !== undefined,
  fields: ["magnitude", "outputMagnitude", ...new Set(Object.values(inners).flatMap(({ fields }) => fields))],
  rank: (dims) => innerOf(dims)!.rank!(dims),
  problem(dims, base) {
    const magnitude = dims.get(magnitudeField(dims)!)!;
    const { out, into } = axes(base);
    const wanted = axisOf(dims) === "out" ? out : into;
    const count = magnitude.reduce((all, dim) => all * dim, 1);
    return innerOf(dims)!.problem(dims, base) ?? (count === wanted ? undefined : `magnitude ${shapeText(magnitude)}`);
  },
  read(values, scale) {
    const dims = new Map([...values].map(([field, { dims }]) => [field, dims]));
    return {
      kind: "dora",
      change: innerOf(values)!.read(values, scale),
      magnitude: values.get(magnitudeField(dims)!)!.data,
      axis: axisOf(dims),
    };
  },
  delta({ change, magnitude, axis }, base) {
    const changed = inners[change.kind].change(change, base.dims);
    for (let i = 0; i < changed.length; i++) changed[i] += base.data[i];
    const factors = channelFactors(changed, base, { magnitude, axis });
    const channel = channelOf(base, axis);
    return changed.map((value, i) => value * factors[channel(i)] - base.data[i]);
  },
};

/** m/‖·‖ of each channel; a channel of zeros stays one. */
function channelFactors(
  changed: Float32Array,
  base: Tensor,
  { magnitude, axis }: Pick<DoraForm, "magnitude" | "axis">,
): Float64Array {
  const squares = new Float64Array(magnitude.length);
  const channel = channelOf(base, axis);
  for (let i = 0; i < changed.length; i++) squares[channel(i)] += changed[i] ** 2;
  return squares.map((square, i) => (square === 0 ? 0 : magnitude[i] / Math.sqrt(square)));
}

function channelOf({ dims }: Tensor, axis: "in" | "out"): (i: number) => number {
  const { into, inner } = axes(dims);
  return axis === "out" ? (i) => Math.floor(i / (into * inner)) : (i) => Math.floor(i / inner) % into;
}

const magnitudeField = (fields: { has(field: string): boolean }) =>
  ["outputMagnitude", "magnitude"].find((field) => fields.has(field));

function innerOf(fields: Pick<FieldDims, "has">): FreeFormType<Inner> | undefined {
  return Object.values(inners).find((inner) => inner.is(fields));
}

/** LyCORIS writes [1, in, 1, 1] or [out, 1, 1, 1]; PEFT [out] or [1, out, 1, 1] under another name. */
function axisOf(dims: FieldDims): "in" | "out" {
  const magnitude = dims.get("magnitude");
  if (dims.has("outputMagnitude") || magnitude === undefined) return "out";
  return magnitude.length >= 2 && magnitude[0] === 1 ? "in" : "out";
}
