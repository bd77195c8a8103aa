// Softmax over the last axis, and its logarithm.

import { apply } from "../op.ts";
import type { Op } from "../op.ts";
import type { Value } from "../value.ts";

const overLast = (name: string, onnx: string): Op<undefined> => ({
  name,
  infer: ([x]) => ({ type: x.type, dims: x.dims }),
  lower: (to, [x]) => to.node(onnx, [x], { axis: -1 }),
});

/** Input x of at least one axis. */
export const softmaxOp = overLast("softmax", "Softmax");
/** Input x of at least one axis. */
export const logSoftmaxOp = overLast("logSoftmax", "LogSoftmax");

/** eˣ / Σ eˣ over the last axis. */
export const softmax = (x: Value): Value => apply(softmaxOp, [x], undefined);
/** x − ln Σ eˣ over the last axis. */
export const logSoftmax = (x: Value): Value => apply(logSoftmaxOp, [x], undefined);
