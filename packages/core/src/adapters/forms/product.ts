// Products of small matrices, as the forms need them. Rows are summed in float64 and rounded once.

import { addRows } from "./add-rows.ts";

/** a [rows, inner] · b [inner, columns] → [rows, columns], each row times `scale`. */
export function product(
  a: Float32Array,
  b: Float32Array,
  { rows, inner, columns, scale = 1 }: { rows: number; inner: number; columns: number; scale?: number },
): Float32Array {
  const result = new Float32Array(rows * columns);
  const wide = Float64Array.from(b);
  const row = new Float64Array(columns);
  const factors = new Float64Array(inner);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < inner; k++) factors[k] = a[i * inner + k] * scale;
    row.fill(0);
    addRows(row, wide, factors);
    for (let j = 0; j < columns; j++) result[i * columns + j] = row[j];
  }
  return result;
}

/** The transpose of a [rows, columns]. */
export function transposed(a: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(a.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = a[i * columns + j];
  return result;
}

/**
 * A Tucker core's two products: core [p, q, k…], left [p, out], right [q, in] → [out, in, k…] with
 * result[o, i, k] = Σ left[p, o]·core[p, q, k]·right[q, i].
 */
export function tucker(
  core: { readonly dims: readonly number[]; readonly data: Float32Array },
  { left, right, out, into }: { left: Float32Array; right: Float32Array; out: number; into: number },
): Float32Array {
  const [p, q, ...kernel] = core.dims;
  const inner = kernel.reduce((all, dim) => all * dim, 1);
  // right first: [p, q, k] → [p, in, k], which is small; then one product over p.
  const half = new Float32Array(p * into * inner);
  for (let i = 0; i < p; i++) {
    const plane = core.data.subarray(i * q * inner, (i + 1) * q * inner);
    half.set(product(transposed(right, q, into), plane, { rows: into, inner: q, columns: inner }), i * into * inner);
  }
  return product(transposed(left, p, out), half, { rows: out, inner: p, columns: into * inner });
}
