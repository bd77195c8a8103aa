// Cross-entropy of class scores against the classes that are true, and how often those have the highest score.

import { add, cast, equal, multiply, negate } from "../../graph/ops/elementwise.ts";
import { argMax } from "../../graph/ops/lookup.ts";
import { mean, sum } from "../../graph/ops/reduce.ts";
import { reshape } from "../../graph/ops/shape.ts";
import { logSoftmax } from "../../graph/ops/softmax.ts";
import { range, scalar } from "../../graph/ops/source.ts";
import type { Value } from "../../graph/value.ts";

/** What a batch of scores gives. */
export interface Classification {
  readonly loss: Value;
  /** The share of rows whose highest score is their own class's. */
  readonly accuracy: Value;
}

/**
 * Scores [N,K] and classes [N] (int64, 0 … K−1): the mean of −Σ target·log softmax(scores), where the target is 1 − s of
 * the class and s of all K alike, s being `smoothing` (arXiv 1512.00567, §7).
 */
export function classification(
  scores: Value,
  classes: Value,
  { smoothing = 0 }: { smoothing?: number } = {},
): Classification {
  const [n, k] = scores.dims;
  const isOwn = cast(equal(reshape(classes, [n, 1]), reshape(range(k), [1, k])), "float32"); // [N,K]
  const logs = logSoftmax(scores);
  const ofOwn = multiply(mean(sum(multiply(logs, isOwn), { axes: [1] })), scalar(1 - smoothing));
  const ofAll = multiply(mean(logs), scalar(smoothing));
  return {
    loss: negate(add(ofOwn, ofAll)),
    accuracy: mean(cast(equal(argMax(scores), classes), "float32")),
  };
}
