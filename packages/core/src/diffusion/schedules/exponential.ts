import { linspace } from "../spacing.ts";
import type { SigmaRange } from "./types.ts";

/** Equal steps in log σ, which is the log-SNR up to a factor (DPM-Solver, arXiv 2206.00927). */
export function sigmasExponential(steps: number, { sigmaMin, sigmaMax }: SigmaRange): number[] {
  return linspace(Math.log(sigmaMax), Math.log(sigmaMin), steps).map(Math.exp);
}
