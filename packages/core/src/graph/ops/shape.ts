// Operators that move elements without changing them.

import { addDims, dimText, dimsText, floorDivideDim, multiplyDims, sameDim, sameDims } from "../dim.ts";
import type { Dim } from "../dim.ts";
import { floats, ints } from "../lowering.ts";
import type { Lowering } from "../lowering.ts";
import { apply } from "../op.ts";
import type { Op } from "../op.ts";
import type { Value } from "../value.ts";
import { broadcast, onnxTypes } from "./elementwise.ts";

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

/** A run of an axis, or every `step`-th element of it. */
export interface SliceAttributes {
  readonly axis: number;
  readonly start: Dim;
  readonly end: Dim;
  /** 1 by default. */
  readonly step?: number;
}

/** Input x. */
export const sliceOp: Op<SliceAttributes> = {
  name: "slice",
  infer([x], { axis, start, end, step = 1 }) {
    const size = x.dims[axis];
    const length = difference(end, start);
    if (negative(start) || (typeof length === "number" && length <= 0) || negative(difference(size, end))) {
      throw new TypeError(
        `range ${dimText(start)}..${dimText(end)} is not inside axis ${axis} of size ${dimText(size)}`,
      );
    }
    const count = floorDivideDim(addDims(length, step - 1), step);
    return { type: x.type, dims: x.dims.map((dim, i) => (i === axis ? count : dim)) };
  },
  lower: (to, [x], { axis, start, end, step = 1 }) =>
    to.node("Slice", [
      x,
      to.shape([start]),
      to.shape([end]),
      ints(to, [axis]),
      ...(step === 1 ? [] : [ints(to, [step])]),
    ]),
};

const difference = (a: Dim, b: Dim): Dim => addDims(a, multiplyDims(b, -1));
const negative = (dim: Dim): boolean => typeof dim === "number" && dim < 0;

/** Input x; its axes of size 1 stretch. */
export const expandOp: Op<{ readonly dims: readonly Dim[] }> = {
  name: "expand",
  infer([x], { dims }) {
    if (!sameDims(broadcast(x.dims, dims), dims)) throw new TypeError(`it does not stretch to ${dimsText(dims)}`);
    return { type: x.type, dims };
  },
  lower: (to, [x], { dims }) => to.node("Expand", [x, to.shape(dims)]),
};

/** Input x; `before` and `after` say for each axis how many values are added. */
export const padOp: Op<{ readonly before: readonly Dim[]; readonly after: readonly Dim[]; readonly value: number }> = {
  name: "pad",
  infer([x], { before, after }) {
    if (before.length !== x.dims.length || after.length !== x.dims.length) {
      throw new TypeError(`padding of ${before.length} and ${after.length} axes is not of ${x.dims.length}`);
    }
    if ([...before, ...after].some(negative)) throw new TypeError("padding is negative (a slice is wanted)");
    return { type: x.type, dims: x.dims.map((dim, i) => addDims(before[i], dim, after[i])) };
  },
  lower: (to, [x], { before, after, value }) =>
    to.node("Pad", [x, to.shape([...before, ...after]), ...(value === 0 ? [] : [floats(to, [value], [])])]),
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

/** Input gradient [N,C,H',W']; `height` and `width` are the resized picture's before. */
export const resizeNearestGradientOp: Op<{ readonly height: Dim; readonly width: Dim }> = {
  name: "resizeNearestGradient",
  infer: ([gradient], { height, width }) => ({
    type: "float32",
    dims: [gradient.dims[0], gradient.dims[1], height, width],
  }),
  lower(to, [gradient], { height, width }, { inputs }) {
    const [n, c, ...resized] = inputs[0].dims;
    const factors = [2, 3, 4, 5, 6, 7, 8, 16].filter((factor) =>
      [height, width].every((size, i) => sameDim(resized[i], multiplyDims(size, factor))),
    );
    if (factors.length > 0) {
      const [factor] = factors;
      const blocks = to.shape([n, c, height, factor, width, factor]);
      return to.node("ReduceSum", [to.node("Reshape", [gradient, blocks]), ints(to, [3, 5])], { keepdims: 0 });
    }
    const [rows, columns] = [height, width].map((size, i) => sources(to, size, resized[i]));
    const down = to.node("MatMul", [to.node("Transpose", [rows], { perm: [1, 0] }), gradient]);
    return to.node("MatMul", [down, columns]);
  },
};

/** The matrix [resized, size] with a one where the resized index has the source index: ⌊i·size/resized⌋. */
function sources(to: Lowering, size: Dim, resized: Dim): string {
  const scalar = (dim: Dim) => to.node("Reshape", [to.shape([dim]), ints(to, [])]);
  const range = (dim: Dim) => to.node("Range", [ints(to, [0], []), scalar(dim), ints(to, [1], [])]);
  const source = to.node("Div", [to.node("Mul", [range(resized), scalar(size)]), scalar(resized)]);
  const hits = to.node("Equal", [to.node("Unsqueeze", [source, ints(to, [1])]), range(size)]);
  return to.node("Cast", [hits], { to: onnxTypes.float32 });
}

/** The same elements in row-major order as [dims]. */
export const reshape = (x: Value, dims: readonly Dim[]): Value => apply(reshapeOp, [x], { dims });

/** Axis i of the result is axis permutation[i] of x. */
export const transpose = (x: Value, permutation: readonly number[]): Value => apply(transposeOp, [x], { permutation });

/** Joins along `axis`; the other sizes must agree. */
export const concat = (parts: readonly Value[], axis: number): Value => apply(concatOp, parts, { axis });

/** Elements start, start + step, … below end of `axis`. */
export const slice = (x: Value, range: SliceAttributes): Value => apply(sliceOp, [x], range);

/** x repeated along its axes of size 1 (and new ones in front) to [dims]. */
export const expand = (x: Value, dims: readonly Dim[]): Value => apply(expandOp, [x], { dims });

/** x with `before` and `after` more elements of `value` at the ends of each axis. */
export const pad = (
  x: Value,
  { before, after, value = 0 }: { before: readonly Dim[]; after: readonly Dim[]; value?: number },
): Value => apply(padOp, [x], { before, after, value });

/** Nearest-neighbour resize of [N,C,H,W] to height × width: source index ⌊i·H/height⌋, as torch's "nearest". */
export const resizeNearest = (x: Value, size: { height: Dim; width: Dim }): Value => apply(resizeNearestOp, [x], size);

/** What x's gradient is when resizeNearest(x) has `gradient`: each source pixel's sum, [N,C,height,width]. */
export const resizeNearestGradient = (gradient: Value, size: { height: Dim; width: Dim }): Value =>
  apply(resizeNearestGradientOp, [gradient], size);
