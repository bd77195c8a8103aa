// LoKr: ΔW = alpha/rank · w1 ⊗ w2, Kronecker's product; either factor may be a product of two itself, and w2 may have a
// Tucker core. Yeh et al. 2023 (LyCORIS), arXiv:2309.14859. Where both are stored whole there is no rank, and the scale is 1.

import type { Tensor } from "../../tensor/tensor.ts";
import { axes, scaleOf, shapeText } from "./form.ts";
import type { FieldDims, FreeFormType } from "./form.ts";
import { product, tucker } from "./product.ts";

/** A factor: whole, or a·b, or (with a core) Σ core[p,q,k]·a[p,out]·b[q,in]. */
interface Factor {
  readonly whole?: Tensor;
  readonly a?: Tensor;
  readonly b?: Tensor;
  readonly core?: Tensor;
}

/** w1 [out₁, in₁] and w2 [out₂, in₂, (k, k)] with out₁·out₂ = out, in₁·in₂ = in. */
export interface LokrForm {
  readonly kind: "lokr";
  readonly w1: Factor;
  readonly w2: Factor;
  readonly scale: number;
}

const fieldsOf = (factor: "w1" | "w2") => ({
  whole: `lokr.${factor}`,
  a: `lokr.${factor}a`,
  b: `lokr.${factor}b`,
  core: factor === "w1" ? "lokr.t1" : "lokr.t2",
});

/** Rows and columns of a factor; undefined when its parts do not fit together. */
function size(dims: FieldDims, factor: "w1" | "w2"): { rows: number; columns: number } | undefined {
  const { whole, a, b, core } = Object.fromEntries(
    Object.entries(fieldsOf(factor)).map(([key, field]) => [key, dims.get(field)]),
  );
  if (whole !== undefined) {
    const { out, into, inner } = axes(whole);
    return whole.length >= 2 ? { rows: out, columns: into * inner } : undefined;
  }
  if (a?.length !== 2 || b === undefined || b.length < 2) return undefined;
  const { out: bRows, into: bIn, inner: bInner } = axes(b);
  if (core === undefined) return a[1] === bRows && bRows > 0 ? { rows: a[0], columns: bIn * bInner } : undefined;
  return core[0] === a[0] && core[1] === b[0] && b[0] > 0
    ? { rows: a[1], columns: b[1] * axes(core).inner }
    : undefined;
}

/** LyCORIS' LoKr. */
export const lokr: FreeFormType<LokrForm> = {
  is: (fields) =>
    (["w1", "w2"] as const).every((factor) => {
      const { whole, a, b } = fieldsOf(factor);
      return fields.has(whole) || (fields.has(a) && fields.has(b));
    }),
  fields: [...Object.values(fieldsOf("w1")), ...Object.values(fieldsOf("w2")), "alpha"],
  rank: (dims) => rankOf(dims) ?? 0,
  problem(dims, base) {
    const { out, into, inner } = axes(base);
    const [w1, w2] = [size(dims, "w1"), size(dims, "w2")];
    const fits = w1 && w2 && w1.rows * w2.rows === out && w1.columns * w2.columns === into * inner;
    // in₂ must be whole: the kernel belongs to w2.
    if (fits && into % w1.columns === 0) return undefined;
    const given = [...dims].filter(([field]) => field.startsWith("lokr."));
    return given.map(([field, own]) => `${field.slice(5)} ${shapeText(own)}`).join(", ");
  },
  read(values, scale) {
    const factor = (name: "w1" | "w2"): Factor =>
      Object.fromEntries(Object.entries(fieldsOf(name)).map(([key, field]) => [key, values.get(field)]));
    const rank = rankOf(new Map([...values].map(([field, { dims }]) => [field, dims])));
    return {
      kind: "lokr",
      w1: factor("w1"),
      w2: factor("w2"),
      scale: rank === undefined ? 1 : scaleOf(values, rank, scale),
    };
  },
  change(form, dims) {
    const { out, into, inner } = axes(dims);
    const w1 = matrix(form.w1);
    const w2 = matrix(form.w2);
    const [rows1, rows2] = [w1.rows, w2.rows];
    const [columns1, columns2] = [w1.columns, w2.columns];
    const delta = new Float32Array(out * into * inner);
    for (let i1 = 0; i1 < rows1; i1++) {
      for (let i2 = 0; i2 < rows2; i2++) {
        const start = (i1 * rows2 + i2) * columns1 * columns2;
        for (let j1 = 0; j1 < columns1; j1++) {
          const factor = w1.data[i1 * columns1 + j1] * form.scale;
          for (let j2 = 0; j2 < columns2; j2++)
            delta[start + j1 * columns2 + j2] = factor * w2.data[i2 * columns2 + j2];
        }
      }
    }
    return delta;
  },
  delta: (form, base) => lokr.change(form, base.dims),
};

/** The size of the low-rank dimension; undefined when both factors are whole. w2's counts where both have one. */
function rankOf(dims: FieldDims): number | undefined {
  return (dims.get("lokr.w2b") ?? dims.get("lokr.w1b"))?.[0];
}

function matrix({ whole, a, b, core }: Factor): { rows: number; columns: number; data: Float32Array } {
  if (whole !== undefined) {
    const [rows] = whole.dims;
    return { rows, columns: whole.data.length / rows, data: whole.data };
  }
  if (core !== undefined) {
    const [out, into] = [a!.dims[1], b!.dims[1]];
    const data = tucker(core, { left: a!.data, right: b!.data, out, into });
    return { rows: out, columns: data.length / out, data };
  }
  const [rows, inner] = a!.dims;
  const columns = b!.data.length / inner;
  return { rows, columns, data: product(a!.data, b!.data, { rows, inner, columns }) };
}
