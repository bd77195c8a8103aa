// The size of all gradients together, and clipping by it (torch.nn.utils.clip_grad_norm_; Pascanu et al. 2013, arXiv
// 1211.5063).

import { add, divide, minimum, multiply, sqrt } from "../graph/ops/elementwise.ts";
import { sum } from "../graph/ops/reduce.ts";
import { scalar } from "../graph/ops/source.ts";
import type { Value } from "../graph/value.ts";

/** ‖g‖₂ over all `gradients` → []. Summed from the last, which the backward pass makes first: none has to wait for the others. */
export const gradientNorm = (gradients: readonly Value[]): Value =>
  sqrt(gradients.map((g) => sum(multiply(g, g))).reduceRight(add));

/** min(1, most / (norm + 10⁻⁶)): what gradients are multiplied by so that their norm is at most `most`. */
export const clippingFactor = (norm: Value, most: number): Value =>
  minimum(divide(scalar(most), add(norm, scalar(1e-6))), scalar(1));
