// Churn: raising the noise level a little before a step. T. Karras et al., arXiv 2206.00364, algorithm 2, lines 4–6.
import { lincomb } from "../../tensor/lincomb.ts";
import type { OptionsWith } from "./types.ts";

/** The settings of churn. */
export type ChurnOptions = OptionsWith<"sChurn" | "sTmin" | "sTmax" | "sNoise" | "churnAfter">;

/** x raised from σ to σ̂ = σ(1+γ) by fresh noise, and σ̂. With churn on, a draw is made even where γ = 0, as k-diffusion does. */
export function churned(
  x: Float32Array,
  sigma: number,
  steps: number,
  { noise, sChurn = 0, sTmin = 0, sTmax = Infinity, sNoise = 1, churnAfter }: ChurnOptions,
): [xHat: Float32Array, sigmaHat: number] {
  const gamma = sTmin <= sigma && sigma <= sTmax ? Math.min(sChurn / steps, Math.SQRT2 - 1) : 0;
  if (gamma === 0) {
    if (sChurn > 0 && churnAfter === undefined) noise();
    return [x, sigma];
  }
  const sigmaHat = sigma * (1 + gamma);
  return [lincomb([1, x], [sNoise * Math.sqrt(sigmaHat ** 2 - sigma ** 2), noise()]), sigmaHat];
}
