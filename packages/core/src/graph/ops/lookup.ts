// Rows picked by integer indices.

import { multiplyDims, sameDims } from "../dim.ts";
import { floats, ints } from "../lowering.ts";
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

/** Inputs updates [..., D] and ids [...]. */
export const scatterRowsOp: Op<{ readonly rows: number }> = {
  name: "scatterRows",
  infer([updates, ids], { rows }) {
    if (!sameDims(updates.dims.slice(0, -1), ids.dims)) throw new TypeError("there is not one id for each update");
    return { type: "float32", dims: [rows, updates.dims.at(-1)!] };
  },
  lower(to, [updates, ids], { rows }, { inputs }) {
    const width = inputs[0].dims.at(-1)!;
    const count = multiplyDims(...inputs[1].dims);
    const zeros = to.node("Expand", [floats(to, [0], []), to.shape([rows, width])]);
    const places = to.node("Expand", [to.node("Reshape", [ids, ints(to, [-1, 1])]), to.shape([count, width])]);
    // One row after another on the CPU, so that sums are the same each time (ScatterND adds from several threads at once).
    const flat = to.node("Reshape", [updates, to.shape([count, width])]);
    return to.node("ScatterElements", [zeros, places, flat], { axis: 0, reduction: "add" });
  },
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

/** The sum of the rows of updates [..., D] that have the same id [...], at that id: → [rows, D]; zeros elsewhere. */
export const scatterRows = (updates: Value, ids: Value, rows: number): Value =>
  apply(scatterRowsOp, [updates, ids], { rows });

/** For each sequence of x [N,T,D] its token number index [N] → [N,D]. */
export const takeToken = (x: Value, index: Value): Value => apply(takeTokenOp, [x, index], undefined);

/** Position of the first largest element of the last axis: [..., T] → [...]. */
export const argMax = (x: Value): Value => apply(argMaxOp, [x], undefined);
