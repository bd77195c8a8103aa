// Levels along which sampling's trajectories of Stable Diffusion bend equally: D. Chen et al., "On the Trajectory Regularity of
// ODE-based Diffusion Sampling" (GITS), arXiv 2405.11326.
import type { Discretization } from "../discretization.ts";
import { gitsLevels, gitsTables } from "./gits-tables.ts";
import { logLinear } from "./log-linear.ts";
import type { ScheduleSettings } from "./types.ts";

/**
 * The levels of the table for `coefficient`, 0.8, 0.85, … 1.5: the larger, the more of them are small ones. Where it has none for so
 * many steps (1, 21 and more; of 0.8 also 16, 18, 20; of 1.15 also 19) they come from its longest row, log σ being linear between its
 * levels. Throws RangeError for another coefficient.
 */
export function sigmasGits(
  steps: number,
  _model: Discretization,
  { coefficient = 1.2 }: ScheduleSettings = {},
): number[] {
  const table = gitsTables[coefficient];
  if (table === undefined) {
    const known = Object.keys(gitsTables).sort((a, b) => Number(a) - Number(b));
    throw new RangeError(`Cannot schedule gits with coefficient ${coefficient}: one of ${known.join(", ")} is wanted`);
  }
  const row = table.find(({ length }) => length === steps + 1);
  const levels = (row ?? table.at(-1)!).map((place) => gitsLevels[place]);
  return (row ? levels : logLinear(levels, steps + 1)).slice(0, steps);
}
