// CLIP's symmetric contrastive loss (arXiv 2103.00020, figure 3): of N pictures and N texts, each is to find its own.

import { add, cast, equal, exp, minimum, multiply, negate } from "../../graph/ops/elementwise.ts";
import { matmul } from "../../graph/ops/linear-algebra.ts";
import { argMax } from "../../graph/ops/lookup.ts";
import { mean, sum } from "../../graph/ops/reduce.ts";
import { reshape, transpose } from "../../graph/ops/shape.ts";
import { logSoftmax } from "../../graph/ops/softmax.ts";
import { range, scalar } from "../../graph/ops/source.ts";
import type { Value } from "../../graph/value.ts";
import { unitVectors } from "../../models/clip.ts";

/** The largest logit scale: cosines are never multiplied by more than 100. */
export const maxLogScale = Math.log(100);

/** The logit scale that CLIP starts from, 1/0.07. */
export const initialLogScale = Math.log(1 / 0.07);

/** What a batch of pairs gives. */
export interface Contrast {
  readonly loss: Value;
  /** Scaled cosines, [N pictures, N texts]. */
  readonly logits: Value;
  /** The share of pictures that find their text first. */
  readonly accuracy: Value;
}

/** Embeddings [N,P] of N pictures and of their texts, and the scalar log of the scale of their cosines. */
export function contrast(pictures: Value, texts: Value, logScale: Value): Contrast {
  const [n] = pictures.dims;
  const cosines = matmul(unitVectors(pictures), unitVectors(texts), { transposeB: true });
  const logits = multiply(cosines, exp(minimum(logScale, scalar(maxLogScale)))); // [N pictures, N texts]
  const own = range(n);
  const diagonal = cast(equal(reshape(own, [n, 1]), reshape(own, [1, n])), "float32");
  const crossEntropy = (rows: Value) => negate(mean(sum(multiply(logSoftmax(rows), diagonal), { axes: [1] })));
  return {
    logits,
    loss: multiply(add(crossEntropy(logits), crossEntropy(transpose(logits, [1, 0]))), scalar(0.5)),
    accuracy: mean(cast(equal(argMax(logits), own), "float32")),
  };
}
