// The distance of a diagonal normal distribution from the standard one, and drawing from it (arXiv 1312.6114, appendix B).

import { add, exp, maximum, minimum, multiply, negate } from "../../graph/ops/elementwise.ts";
import { sum } from "../../graph/ops/reduce.ts";
import { scalar } from "../../graph/ops/source.ts";
import type { Value } from "../../graph/value.ts";

/** A diagonal normal distribution over latents [N,z,h,w]. */
export interface Posterior {
  readonly mean: Value;
  readonly logVariance: Value;
}

/** The logarithm of the variance within the range in which its exponential is harmless, as latent diffusion limits it. */
const limitedLogVariance = (logVariance: Value): Value => minimum(maximum(logVariance, scalar(-30)), scalar(20));

/** KL(N(μ,σ²) ‖ N(0,1)) = ½ Σ (μ² + σ² − 1 − ln σ²) of each example → [N]. */
export function klFromStandardNormal({ mean, logVariance }: Posterior): Value {
  const limited = limitedLogVariance(logVariance);
  const terms = add(add(multiply(mean, mean), exp(limited)), add(scalar(-1), negate(limited)));
  return multiply(sum(terms, { axes: [1, 2, 3] }), scalar(0.5));
}

/** μ + σ·noise: a draw through which gradients flow. */
export const drawPosterior = ({ mean, logVariance }: Posterior, noise: Value): Value =>
  add(mean, multiply(exp(multiply(limitedLogVariance(logVariance), scalar(0.5))), noise));
