import { linspace } from "../spacing.ts";
import type { SigmaRange } from "./types.ts";

/** Equal steps in arctan σ, the angle of the cosine schedule: best in KL divergence for data of variance 1 (arXiv 2404.14507, thm. 3.1). */
export function sigmasKlOptimal(steps: number, { sigmaMin, sigmaMax }: SigmaRange): number[] {
  return linspace(Math.atan(sigmaMax), Math.atan(sigmaMin), steps).map(Math.tan);
}

/** The same as AUTOMATIC1111 has it: a step more, and the run ends at σ_min, not at 0. */
export function sigmasKlOptimalToMin(steps: number, range: SigmaRange): number[] {
  return sigmasKlOptimal(steps + 1, range);
}
