// Gradients of picking rows: they go back to the rows that were picked.

import { cast, equal, multiply } from "../../graph/ops/elementwise.ts";
import { embedding, embeddingOp, scatterRows, scatterRowsOp, takeTokenOp } from "../../graph/ops/lookup.ts";
import { reshape } from "../../graph/ops/shape.ts";
import { range } from "../../graph/ops/source.ts";
import { rule } from "./rule.ts";
import type { Rules } from "./rule.ts";

/** The rules of graph/ops/lookup.ts. */
export const lookupRules: Rules = Object.fromEntries([
  rule(embeddingOp, (g, { inputs: [table, ids] }) => [scatterRows(g, ids, table.dims[0] as number), undefined]),
  rule(scatterRowsOp, (g, { inputs: [, ids] }) => [embedding(g, ids), undefined]),
  rule(takeTokenOp, (g, { inputs: [x, index] }) => {
    const [n, tokens, width] = x.dims;
    const taken = cast(equal(range(tokens), reshape(index, [n, 1])), "float32"); // [N,T]
    return [multiply(reshape(taken, [n, tokens, 1]), reshape(g, [n, 1, width])), undefined];
  }),
]);
