// The schedule of "Beta Sampling is All You Need", arXiv 2407.12173: noise levels at quantiles of a beta distribution, so that both
// ends get more steps than the middle. AUTOMATIC1111 and diffusers take them over σ, ComfyUI over the timesteps.
import type { Discretization } from "../discretization.ts";
import { linspace, roundHalfEven } from "../spacing.ts";
import type { ScheduleSettings, SigmaRange } from "./types.ts";

/** Equal steps in probability under Beta(α, β) over [σ_min, σ_max]. */
export function sigmasBeta(
  steps: number,
  { sigmaMin, sigmaMax }: SigmaRange,
  { alpha = 0.6, beta = 0.6 }: ScheduleSettings = {},
): number[] {
  return linspace(0, 1, steps).map((ramp) => sigmaMin + betaQuantile(1 - ramp, alpha, beta) * (sigmaMax - sigmaMin));
}

/** The trained levels at equal steps in probability under Beta(α, β) over the timesteps; fewer than asked for where two are one. */
export function sigmasBetaTimesteps(
  steps: number,
  { sigmas }: Discretization,
  { alpha = 0.6, beta = 0.6 }: ScheduleSettings = {},
): number[] {
  const timesteps = Array.from({ length: steps }, (_, i) =>
    roundHalfEven(betaQuantile(1 - i / steps, alpha, beta) * (sigmas.length - 1)),
  );
  return [...new Set(timesteps)].map((t) => sigmas[t]);
}

/** The x with I_x(a, b) = p: the quantile function of the beta distribution, to about 1e-15 absolute. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (p <= 0 || p >= 1) return p <= 0 ? 0 : 1;
  const [lowerHalf, upperHalf] = [incompleteBeta(0.5, a, b), incompleteBeta(0.5, b, a)];
  const mass = lowerHalf + upperHalf; // B(a, b)
  if (p * mass === lowerHalf) return 0.5; // exactly: halfway between two timesteps, the last bit would decide
  // Work from the nearer end, where the series converges: x ≤ ½.
  if (p * mass > lowerHalf) return 1 - betaQuantile(1 - p, b, a);
  let [low, high] = [0, 0.5];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, a, b) < p * mass) low = middle;
    else high = middle;
  }
  return low;
}

// B_x(a, b) = ∫₀ˣ u^(a−1) (1−u)^(b−1) du = xᵃ Σₙ (1−b)ₙ / (n! (a+n)) xⁿ, by expanding (1−u)^(b−1); for 0 ≤ x ≤ ½.
function incompleteBeta(x: number, a: number, b: number): number {
  let coefficient = 1; // (1−b)ₙ / n! · xⁿ
  let sum = 1 / a;
  for (let n = 1; Math.abs(coefficient) > 1e-17; n++) {
    coefficient *= ((n - b) / n) * x;
    sum += coefficient / (a + n);
  }
  return x ** a * sum;
}
