// Rows picked by integer indices.

import { ints } from "../lowering.ts";
import { apply } from "../op.ts";
import type { Op } from "../op.ts";
import type { Value } from "../value.ts";

/** Inputs table and ids. */
export const embeddingOp: Op<undefined> = {
  name: "embedding",
  infer([table, ids]) {
    if (table.dims.length !== 2) throw new TypeError("the table is not [rows, width]");
    return { type: "float32", dims: [...ids.dims, table.dims[1]] };
  },
  lower: (to, [table, ids]) => to.node("Gather", [table, ids], { axis: 0 }),
};

/** Inputs x and index. */
export const takeTokenOp: Op<undefined> = {
  name: "takeToken",
  infer([x, index]) {
    if (x.dims.length !== 3 || index.dims.length !== 1)
      throw new TypeError("tokens are not [N, T, D] with an index [N]");
    return { type: "float32", dims: [x.dims[0], x.dims[2]] };
  },
  lower: (to, [x, index]) => to.node("GatherND", [x, to.node("Unsqueeze", [index, ints(to, [1])])], { batch_dims: 1 }),
};

/** Input x of at least one axis. */
export const argMaxOp: Op<undefined> = {
  name: "argMax",
  infer: ([x]) => ({ type: "int64", dims: x.dims.slice(0, -1) }),
  lower: (to, [x]) => to.node("ArgMax", [x], { axis: -1, keepdims: 0 }),
};

/** Rows of table [V,D] at ids [...] → [..., D]. */
export const embedding = (table: Value, ids: Value): Value => apply(embeddingOp, [table, ids], undefined);

/** For each sequence of x [N,T,D] its token number index [N] → [N,D]. */
export const takeToken = (x: Value, index: Value): Value => apply(takeTokenOp, [x, index], undefined);

/** Position of the first largest element of the last axis: [..., T] → [...]. */
export const argMax = (x: Value): Value => apply(argMaxOp, [x], undefined);
