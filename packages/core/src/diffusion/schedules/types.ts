import type { Discretization } from "../discretization.ts";

/** The ends of a noise schedule. */
export type SigmaRange = Pick<Discretization, "sigmaMin" | "sigmaMax">;

/** The noise levels of a run of `steps` steps, falling, without the final 0. */
export type Schedule = (steps: number, model: Discretization, settings?: ScheduleSettings) => number[];

/** The numbers in the formulas of schedules; which ones a schedule reads is in the table. */
export interface ScheduleSettings {
  /** Exponent of the ramp. */
  readonly rho?: number;
  /** Shape of the beta distribution at its low end. */
  readonly alpha?: number;
  /** The same at its high end. */
  readonly beta?: number;
  /** Laplace: mean of the log-SNR. */
  readonly mean?: number;
  /** Laplace: its scale. */
  readonly scale?: number;
  /** Linear-quadratic: the share of the noise taken off by the linear half. */
  readonly threshold?: number;
  /** GITS: which of its tables, 0.8 to 1.5 in steps of 0.05. */
  readonly coefficient?: number;
}
