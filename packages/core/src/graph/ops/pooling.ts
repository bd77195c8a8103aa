// Largest and mean values of windows over pixels.

import { addDims, floorDivideDim } from "../dim.ts";
import { apply } from "../op.ts";
import type { Op } from "../op.ts";
import type { Value } from "../value.ts";

/** Square windows, `stride` apart, all of them inside the picture. */
export interface PoolAttributes {
  readonly kernel: number;
  readonly stride: number;
}

const pool = (name: string, onnx: string): Op<PoolAttributes> => ({
  name,
  infer([x], { kernel, stride }) {
    if (x.dims.length !== 4) throw new TypeError("the input is not [N, C, H, W]");
    const [n, c, ...size] = x.dims;
    if (size.some((dim) => typeof dim === "number" && dim < kernel))
      throw new TypeError(`a window of ${kernel} is larger than the picture`);
    return {
      type: x.type,
      dims: [n, c, ...size.map((dim) => addDims(floorDivideDim(addDims(dim, -kernel), stride), 1))],
    };
  },
  lower: (to, [x], { kernel, stride }) =>
    to.node(onnx, [x], { kernel_shape: [kernel, kernel], strides: [stride, stride] }),
});

/** Input x [N,C,H,W]. */
export const maxPool2dOp = pool("maxPool2d", "MaxPool");
/** Input x [N,C,H,W]. */
export const averagePool2dOp = pool("averagePool2d", "AveragePool");

/** The largest value of each window: x [N,C,H,W] → [N,C,⌊(H − kernel)/stride⌋ + 1,…]; the stride is the kernel by default. */
export const maxPool2d = (x: Value, { kernel, stride = kernel }: { kernel: number; stride?: number }): Value =>
  apply(maxPool2dOp, [x], { kernel, stride });
/** The mean of each window, as maxPool2d. */
export const averagePool2d = (x: Value, { kernel, stride = kernel }: { kernel: number; stride?: number }): Value =>
  apply(averagePool2dOp, [x], { kernel, stride });
