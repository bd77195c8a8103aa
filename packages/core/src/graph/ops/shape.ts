// Operators that move elements without changing them.

import { addDims, dimText, dimsText, multiplyDims, sameDim } from "../dim.ts";
import type { Dim } from "../dim.ts";
import { ints } from "../lowering.ts";
import { apply } from "../op.ts";
import type { Op } from "../op.ts";
import type { Value } from "../value.ts";

/** Input x; `dims` hold as many elements. */
export const reshapeOp: Op<{ readonly dims: readonly Dim[] }> = {
  name: "reshape",
  infer([x], { dims }) {
    const before = multiplyDims(...x.dims);
    const after = multiplyDims(...dims);
    if (!sameDim(before, after)) throw new TypeError(`${dimText(before)} elements do not fill ${dimsText(dims)}`);
    return { type: x.type, dims };
  },
  lower(to, [x], { dims }, { inputs }) {
    // 0 keeps the input's size and one -1 takes the rest: neither needs arithmetic at run time.
    const kept = dims.map((dim, i) => (typeof dim !== "number" && sameDim(dim, inputs[0].dims[i] ?? 0) ? 0 : dim));
    const unknown = kept.filter((dim) => typeof dim !== "number").length;
    return to.node("Reshape", [
      x,
      to.shape(unknown > 1 ? kept : kept.map((dim) => (typeof dim === "number" ? dim : -1))),
    ]);
  },
};

/** Input x. */
export const transposeOp: Op<{ readonly permutation: readonly number[] }> = {
  name: "transpose",
  infer([x], { permutation }) {
    if (permutation.length !== x.dims.length || !x.dims.every((_, axis) => permutation.includes(axis))) {
      throw new TypeError(`permutation [${permutation}] is not of ${x.dims.length} axes`);
    }
    return { type: x.type, dims: permutation.map((axis) => x.dims[axis]) };
  },
  lower: (to, [x], { permutation }) => to.node("Transpose", [x], { perm: permutation }),
};

/** Inputs: the parts. */
export const concatOp: Op<{ readonly axis: number }> = {
  name: "concat",
  infer(parts, { axis }) {
    const first = parts[0].dims;
    for (const part of parts) {
      if (part.type !== parts[0].type) throw new TypeError(`types ${parts[0].type} and ${part.type} differ`);
      if (part.dims.length !== first.length) {
        throw new TypeError(`parts of ${first.length} and ${part.dims.length} axes differ`);
      }
      part.dims.forEach((dim, i) => {
        if (i !== axis && !sameDim(dim, first[i]))
          throw new TypeError(`sizes ${dimText(first[i])} and ${dimText(dim)} differ at axis ${i}`);
      });
    }
    return {
      type: parts[0].type,
      dims: first.map((dim, i) => (i === axis ? addDims(...parts.map((part) => part.dims[axis])) : dim)),
    };
  },
  lower: (to, inputs, { axis }) => to.node("Concat", inputs, { axis }),
};

/** Input x. */
export const sliceOp: Op<{ readonly axis: number; readonly start: number; readonly end: number }> = {
  name: "slice",
  infer([x], { axis, start, end }) {
    const size = x.dims[axis];
    if (start < 0 || end <= start || (typeof size === "number" && end > size)) {
      throw new TypeError(`range ${start}..${end} is not inside axis ${axis} of size ${dimText(size)}`);
    }
    return { type: x.type, dims: x.dims.map((dim, i) => (i === axis ? end - start : dim)) };
  },
  lower: (to, [x], { axis, start, end }) => to.node("Slice", [x, ints(to, [start]), ints(to, [end]), ints(to, [axis])]),
};

/** Input x [N,C,H,W]. */
export const resizeNearestOp: Op<{ readonly height: Dim; readonly width: Dim }> = {
  name: "resizeNearest",
  infer([x], { height, width }) {
    if (x.dims.length !== 4) throw new TypeError("the input is not [N, C, H, W]");
    return { type: x.type, dims: [x.dims[0], x.dims[1], height, width] };
  },
  lower(to, [x], { height, width }, { inputs }) {
    const [, , h, w] = inputs[0].dims;
    const mode = { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
    // Exact doubling is the fast path; other sizes come from skip connections of odd pictures.
    if (sameDim(height, multiplyDims(h, 2)) && sameDim(width, multiplyDims(w, 2))) {
      return to.node(
        "Resize",
        [x, "", to.constant({ type: "float32", dims: [4], data: Float32Array.of(1, 1, 2, 2) })],
        mode,
      );
    }
    return to.node("Resize", [x, "", "", to.shape([inputs[0].dims[0], inputs[0].dims[1], height, width])], mode);
  },
};

/** The same elements in row-major order as [dims]. */
export const reshape = (x: Value, dims: readonly Dim[]): Value => apply(reshapeOp, [x], { dims });

/** Axis i of the result is axis permutation[i] of x. */
export const transpose = (x: Value, permutation: readonly number[]): Value => apply(transposeOp, [x], { permutation });

/** Joins along `axis`; the other sizes must agree. */
export const concat = (parts: readonly Value[], axis: number): Value => apply(concatOp, parts, { axis });

/** Elements start..end-1 of `axis`. */
export const slice = (x: Value, range: { axis: number; start: number; end: number }): Value =>
  apply(sliceOp, [x], range);

/** Nearest-neighbour resize of [N,C,H,W] to height × width: source index ⌊i·H/height⌋, as torch's "nearest". */
export const resizeNearest = (x: Value, size: { height: Dim; width: Dim }): Value => apply(resizeNearestOp, [x], size);
