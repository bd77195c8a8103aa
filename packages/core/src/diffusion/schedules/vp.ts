import { linspace } from "../spacing.ts";

const [BETA_MIN, BETA_D, LAST] = [0.1, 19.9, 1e-3]; // of the published VP models

/** Equal steps in the time of the continuous VP-SDE, whose σ(t) = √(e^(β_d t²/2 + β_min t) − 1): arXiv 2011.13456, arXiv 2206.00364 table 1. */
export function sigmasVp(steps: number): number[] {
  return linspace(1, LAST, steps).map((t) => Math.sqrt(Math.expm1((BETA_D * t ** 2) / 2 + BETA_MIN * t)));
}
