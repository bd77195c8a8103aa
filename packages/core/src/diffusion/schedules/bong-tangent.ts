import type { SigmaRange } from "./types.ts";

const [PIVOT, SLOPE] = [0.6, 0.2];

/**
 * Two arcs of an arctangent in σ, from σ_max to the middle of the range and on to σ_min, which meet at 60 % of the steps: close together at
 * both ends. From RES4LYF, as stable-diffusion.cpp has it.
 */
export function sigmasBongTangent(steps: number, { sigmaMin, sigmaMax }: SigmaRange): number[] {
  const points = steps + 2;
  const pivot = Math.floor(points * PIVOT);
  const slope = (SLOPE * 40) / points;
  const middle = (sigmaMin + sigmaMax) / 2;
  const first = arc(pivot, { slope, pivot, from: sigmaMax, to: middle }).slice(0, -1);
  const second = arc(points - pivot, { slope, pivot: 0, from: middle, to: sigmaMin });
  return [...first, ...second].slice(0, steps);
}

interface Arc {
  readonly slope: number;
  /** Where along the points the arc is steepest. */
  readonly pivot: number;
  readonly from: number;
  readonly to: number;
}

// `count` points of −atan(slope·(i − pivot)), scaled to run between the two levels.
function arc(count: number, { slope, pivot, from, to }: Arc): number[] {
  const values = Array.from({ length: count }, (_, i) => Math.atan(-slope * (i - pivot)));
  const [first, last] = [values[0], values[count - 1]];
  return values.map((value) => (first === last ? from : to + ((value - last) / (first - last)) * (from - to)));
}
