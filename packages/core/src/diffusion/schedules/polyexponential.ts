import { linspace } from "../spacing.ts";
import type { ScheduleSettings, SigmaRange } from "./types.ts";

/** Equal steps in (log σ)^(1/ρ) between the ends: above ρ = 1 denser towards low noise. K. Crowson, k-diffusion. */
export function sigmasPolyexponential(
  steps: number,
  { sigmaMin, sigmaMax }: SigmaRange,
  { rho = 1 }: ScheduleSettings = {},
): number[] {
  const [low, high] = [Math.log(sigmaMin), Math.log(sigmaMax)];
  return linspace(1, 0, steps).map((ramp) => Math.exp(low + ramp ** rho * (high - low)));
}
