import { linspace } from "../spacing.ts";
import type { ScheduleSettings, SigmaRange } from "./types.ts";

/** Equal steps in probability of a Laplace distribution over log σ, dense around its mean: T. Hang et al., arXiv 2407.03297. */
export function sigmasLaplace(
  steps: number,
  { sigmaMin, sigmaMax }: SigmaRange,
  { mean = 0, scale = 0.5 }: ScheduleSettings = {},
): number[] {
  const levels = linspace(0, 1, steps).map((u) => {
    const lambda = mean - scale * Math.sign(0.5 - u) * Math.log(1 - 2 * Math.abs(0.5 - u) + 1e-5);
    return Math.min(Math.max(Math.exp(lambda), sigmaMin), sigmaMax);
  });
  return [...new Set(levels)].sort((a, b) => b - a); // what the range cuts off is one level
}
