import { linspace } from "../spacing.ts";

/** `count` levels from the first of `levels` to the last, log σ being linear between them. */
export function logLinear(levels: readonly number[], count: number): number[] {
  return linspace(0, levels.length - 1, count).map((position) => {
    const low = Math.min(Math.floor(position), levels.length - 2);
    const w = position - low;
    return Math.exp((1 - w) * Math.log(levels[low]) + w * Math.log(levels[low + 1]));
  });
}
