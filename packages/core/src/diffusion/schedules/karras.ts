import { linspace } from "../spacing.ts";
import type { ScheduleSettings, SigmaRange } from "./types.ts";

/** Equal steps in σ^(1/ρ): denser towards low noise. T. Karras et al., arXiv 2206.00364, eq. 5. */
export function sigmasKarras(
  steps: number,
  { sigmaMin, sigmaMax }: SigmaRange,
  { rho = 7 }: ScheduleSettings = {},
): number[] {
  const [high, low] = [sigmaMax ** (1 / rho), sigmaMin ** (1 / rho)];
  return linspace(0, 1, steps).map((ramp) => (high + ramp * (low - high)) ** rho);
}

/** The same over the range of the paper, whatever the model's is. */
export function sigmasEdm(steps: number, _range: SigmaRange, settings?: ScheduleSettings): number[] {
  return sigmasKarras(steps, { sigmaMin: 0.002, sigmaMax: 80 }, settings);
}
