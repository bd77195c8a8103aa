// Halving and doubling behind the filter (1, 3, 3, 1)/8 along each axis, which lets through no frequency that the smaller size
// cannot hold (R. Zhang, arXiv 1904.11486; k-diffusion's and diffusers' KDownsample2D and KUpsample2D). Borders are mirrored.

import type { Dim } from "../graph/dim.ts";
import { addDims, multiplyDims } from "../graph/dim.ts";
import { add, multiply } from "../graph/ops/elementwise.ts";
import { concat, reshape, slice } from "../graph/ops/shape.ts";
import { scalar } from "../graph/ops/source.ts";
import type { Value } from "../graph/value.ts";
import { reflectionPadding } from "./reflection-padding.ts";

/** x [N,C,H,W] → [N,C,⌊H/2⌋,⌊W/2⌋]. */
export function smoothHalf(x: Value): Value {
  const padded = reflectionPadding(x, 1);
  return [2, 3].reduce((y, axis) => {
    const last = addDims(y.dims[axis], -3);
    return weighted([1 / 8, 3 / 8, 3 / 8, 1 / 8], (i) => slice(y, { axis, start: i, end: addDims(last, i), step: 2 }));
  }, padded);
}

/** x [N,C,H,W] → [N,C,2H,2W]: of each pixel's two, one leans on the neighbour before and one on that behind. */
export function smoothDouble(x: Value): Value {
  const padded = reflectionPadding(x, 1);
  return [2, 3].reduce((y, axis) => {
    const size = addDims(y.dims[axis], -2);
    const from = (start: number) => slice(y, { axis, start, end: addDims(size, start) });
    const first = weighted([1 / 4, 3 / 4], from);
    const second = weighted([3 / 4, 1 / 4], (i) => from(i + 1));
    return interleaved(first, second, axis);
  }, padded);
}

/** Σᵢ wᵢ·term(i). */
const weighted = (weights: readonly number[], term: (i: number) => Value): Value =>
  weights.map((weight, i) => multiply(term(i), scalar(weight))).reduce(add);

/** a₀ b₀ a₁ b₁ … along `axis`. */
function interleaved(a: Value, b: Value, axis: number): Value {
  const [before, size, behind] = [a.dims.slice(0, axis), a.dims[axis], a.dims.slice(axis + 1)];
  const single = (x: Value) => reshape(x, [...before, size, 1, ...behind]);
  const dims: Dim[] = [...before, multiplyDims(size, 2), ...behind];
  return reshape(concat([single(a), single(b)], axis + 1), dims);
}
