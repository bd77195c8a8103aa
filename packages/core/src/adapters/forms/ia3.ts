// IA³: ΔW = W ⊙ v, one factor per output row, or per input column. Liu et al. 2022, arXiv:2205.05638, as LyCORIS writes it.

import { axes, shapeText } from "./form.ts";
import type { FormType } from "./form.ts";

/** A factor per channel. */
export interface Ia3Form {
  readonly kind: "ia3";
  readonly factors: Float32Array;
  readonly axis: "in" | "out";
}

/** LyCORIS' IA³. */
export const ia3: FormType<Ia3Form> = {
  is: (fields) => fields.has("ia3") && fields.has("onInput"),
  fields: ["ia3", "onInput"],
  problem(dims, base) {
    const { out, into } = axes(base);
    const count = dims.get("ia3")!.reduce((all, dim) => all * dim, 1);
    // Which of the two it is, a value says.
    return count === out || count === into ? undefined : `weight ${shapeText(dims.get("ia3"))}`;
  },
  read: (values) => ({
    kind: "ia3",
    factors: values.get("ia3")!.data,
    axis: values.get("onInput")!.data[0] ? "in" : "out",
  }),
  delta({ factors, axis }, base) {
    const { out, into, inner } = axes(base.dims);
    const wanted = axis === "in" ? into : out;
    if (factors.length !== wanted) {
      throw new Error(
        `Cannot scale a weight ${shapeText(base.dims)} by ${factors.length} factors (${wanted} are wanted)`,
      );
    }
    return base.data.map(
      (value, i) => value * factors[axis === "in" ? Math.floor(i / inner) % into : Math.floor(i / (into * inner))],
    );
  },
};
