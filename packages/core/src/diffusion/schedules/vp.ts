import { linspace } from "../spacing.ts";

const [BETA_MIN, BETA_D, LAST] = [0.1, 19.9, 1e-3]; // of the published VP models
const f32 = Math.fround;

/**
 * Equal steps in the time of the continuous VP-SDE, whose σ(t) = √(e^(β_d t²/2 + β_min t) − 1): arXiv 2011.13456, arXiv 2206.00364
 * table 1. In float32 like the reference, which shows in the difference at the low end.
 */
export function sigmasVp(steps: number): number[] {
  return linspace(1, LAST, steps).map((time) => {
    const t = f32(time);
    const exponent = f32(f32(f32(BETA_D) * f32(t * t)) / 2) + f32(f32(BETA_MIN) * t);
    return Math.sqrt(f32(Math.exp(f32(exponent))) - 1);
  });
}
