// The noise schedules that the first chapter compares, each over 1000 timesteps.

import { alphasCumprod, betas, rescaleToZeroTerminalSnr } from "@noisette/core/diffusion/betas";

/** Steps of training. */
export const timesteps = 1000;

/** ᾱ_t by timestep, in the order in which the schedules were found. */
export const schedules = {
  linear: alphasCumprod(betas({ schedule: "linear", start: 1e-4, end: 0.02 })),
  cosine: alphasCumprod(betas({ schedule: "squaredcos_cap_v2" })),
  scaledLinear: alphasCumprod(betas({ schedule: "scaled_linear" })),
  zeroTerminal: alphasCumprod(rescaleToZeroTerminalSnr(betas({ schedule: "scaled_linear" }))),
} as const satisfies Record<string, Float32Array>;

/** A schedule's name here. */
export type ScheduleName = keyof typeof schedules;

/** The names. */
export const scheduleNames = Object.keys(schedules) as ScheduleName[];

/** What a chart can show of a schedule, as a share of its height from 0 to 1. */
export const curves = {
  /** ᾱ itself. */
  alphaBar: { of: (alphaBar: number) => alphaBar, ticks: [0, 0.5, 1], tickAt: (value: number) => value },
  /** log₁₀ SNR = log₁₀ ᾱ/(1−ᾱ), from 10⁻⁴ to 10⁴. */
  snr: {
    of: (alphaBar: number) => share(Math.log10(alphaBar / (1 - alphaBar))),
    ticks: [-4, -2, 0, 2, 4],
    tickAt: share,
  },
} as const;

/** A curve's name. */
export type CurveName = keyof typeof curves;

function share(exponent: number): number {
  return Math.min(Math.max((exponent + 4) / 8, 0), 1);
}
