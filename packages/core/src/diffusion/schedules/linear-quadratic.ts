import type { ScheduleSettings, SigmaRange } from "./types.ts";

/** Half the steps equal and small at the noisy end, the rest growing quadratically, as shares of σ_max: genmo's Mochi. */
export function sigmasLinearQuadratic(
  steps: number,
  { sigmaMax }: SigmaRange,
  { threshold = 0.025 }: ScheduleSettings = {},
): number[] {
  if (steps === 1) return [sigmaMax];
  // 1 − σ/σ_max: linear up to the threshold at the middle, then the parabola that goes on with the same slope and ends at 1.
  const [linear, quadratic] = [Math.floor(steps / 2), steps - Math.floor(steps / 2)];
  const difference = linear - threshold * steps;
  const a = difference / (linear * quadratic ** 2);
  const b = threshold / linear - (2 * difference) / quadratic ** 2;
  const c = a * linear ** 2;
  return Array.from({ length: steps }, (_, i) => {
    const done = i < linear ? (threshold * i) / linear : a * i ** 2 + b * i + c;
    return sigmaMax * (1 - done);
  });
}
