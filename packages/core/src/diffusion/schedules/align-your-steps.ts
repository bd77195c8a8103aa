// Levels optimized for a model, 10 steps, and interpolated for other numbers: A. Sabour et al., "Align Your Steps", arXiv 2404.14507;
// the numbers are those of its project page.
import { logLinear } from "./log-linear.ts";
import type { Schedule } from "./types.ts";

/** The published levels; a run ends at 0 in place of the last. */
const alignedLevels = {
  sd1: [
    14.6146412293, 6.4745760956, 3.8636745985, 2.694615152, 1.8841921177, 1.3943805092, 0.9642583904, 0.6523686016,
    0.3977456272, 0.1515232662, 0.0291671582,
  ],
  sdxl: [
    14.6146412293, 6.3184485287, 3.7681790315, 2.1811480769, 1.3405244945, 0.8620721141, 0.5550693289, 0.3798540708,
    0.2332364134, 0.1114188177, 0.0291671582,
  ],
  svd: [700, 54.5, 15.886, 7.977, 4.248, 1.789, 0.981, 0.403, 0.173, 0.034, 0.002],
} as const;

/** An earlier version of them, in three decimals, which AUTOMATIC1111 and diffusers have. */
const alignedLevelsShort = {
  sd1: [14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152, 0.029],
  sdxl: [14.615, 6.315, 3.771, 2.181, 1.342, 0.862, 0.555, 0.38, 0.234, 0.113, 0.029],
} as const;

/** The levels for one model, log σ being linear between the published ones. */
export function alignYourSteps(model: keyof typeof alignedLevels): Schedule {
  return (steps) => logLinear(alignedLevels[model], steps + 1).slice(0, steps);
}

/** The same as AUTOMATIC1111 has it: the short levels, of which the last one is kept before the 0. */
export function alignYourStepsA1111(model: keyof typeof alignedLevelsShort): Schedule {
  return (steps) => logLinear(alignedLevelsShort[model], steps);
}
