// What a scheduler class is asked for, and what its planner answers.
import type { Discretization } from "../discretization.ts";
import { checkRange, type ModelDiffusion, type PlanRange, type SamplingPlan } from "../plan.ts";
import type { ClassDefaults, ClassValues, SchedulerConfig } from "./config.ts";

/** The arguments of diffusers' `set_timesteps` and `step` (which ones a class takes is in the class table). */
export interface DiffusersRun extends PlanRange {
  /** num_inference_steps. */
  readonly steps?: number;
  /** Custom timesteps instead, falling. */
  readonly timesteps?: readonly number[];
  /** Custom noise levels instead, falling, the final one included. */
  readonly sigmas?: readonly number[];
  /** LCM, TCD: steps of the grid it was distilled on, instead of the config's. */
  readonly originalSteps?: number;
  /** LCM, TCD: the part of that grid to use, from the clean end. */
  readonly strength?: number;
  /** DDIM, TCD. */
  readonly eta?: number;
  /** DDIM: the noise goes with the clipped estimate of x₀. */
  readonly useClippedModelOutput?: boolean;
  /** LMS. */
  readonly order?: number;
  /** Euler's churn. */
  readonly sChurn?: number;
  readonly sTmin?: number;
  readonly sTmax?: number;
  readonly sNoise?: number;
}

/** A planner's answer: the run asked for, in the noise levels of the class. */
export interface ClassPlan extends Pick<SamplingPlan, "sampler" | "settings" | "sigmas" | "timesteps"> {
  /** The form the class keeps its samples in. */
  readonly form: "variance-preserving" | "sigma";
  /** For form "sigma", what init_noise_sigma is. */
  readonly initialScale?: number;
  /** What the class multiplies its result by, beyond what its form asks for. */
  readonly finalFactor?: number;
  readonly clipInSampler?: boolean;
  /** Where the network is called, if not at the levels the steps leave. */
  readonly levels?: readonly number[];
  /** What the network is told of levels that are not the plan's, if not by float32's interpolation. */
  readonly timestepOf?: (sigma: number) => number;
  readonly noise?: SamplingPlan["noise"];
  readonly noiseSeed?: number;
  readonly warnings?: readonly string[];
}

/** One supported class. */
export interface SchedulerClass {
  /** What its config may hold and the defaults. */
  readonly defaults: ClassDefaults;
  /** The values it takes, for keys of which it does not take all. */
  readonly values?: ClassValues;
  /** Of `DiffusersRun`, beside steps, begin and end. */
  readonly takes: readonly (keyof DiffusersRun)[];
  /** What it puts for an ᾱ of zero. */
  readonly alphaBarFloor?: number;
  /** How its models were trained, where that is not what `base` makes of betas and prediction_type. */
  readonly model?: (config: SchedulerConfig, base: ModelDiffusion) => ModelDiffusion;
  readonly plan: (config: SchedulerConfig, run: DiffusersRun, discretization: Discretization) => ClassPlan;
}

/** 2⁻²⁴, the smallest float16: what the σ-based classes put for an ᾱ of zero. */
export const SMALLEST_FLOAT16 = 2 ** -24;

/** The keys of every class. */
export const commonDefaults = {
  num_train_timesteps: 1000,
  beta_start: 0.0001,
  beta_end: 0.02,
  beta_schedule: "linear",
  trained_betas: undefined,
  prediction_type: "epsilon",
  steps_offset: 0,
} as const;

/** `defaults` but for `keys`, which a class has not. */
export function without<T extends object, K extends keyof T>(defaults: T, ...keys: readonly K[]): Omit<T, K> {
  return Object.fromEntries(Object.entries(defaults).filter(([key]) => !keys.some((k) => k === key))) as Omit<T, K>;
}

/** The keys of clipping. */
export const thresholdingDefaults = {
  thresholding: false,
  dynamic_thresholding_ratio: 0.995,
  sample_max_value: 1,
} as const;

/** `entries`, cut to the range asked for; `extra` keeps the entry after it (a final noise level). */
export function inRange<T>(run: PlanRange, entries: readonly T[], extra = 0): T[] {
  const { begin = 0, end = entries.length - extra } = run;
  checkRange({ begin, end }, entries.length - extra);
  return entries.slice(begin, end + extra);
}

/** The number of steps asked for. Throws RangeError when it is not between 1 and T. */
export function stepCount({ steps }: DiffusersRun, trainSteps: number): number {
  if (steps === undefined || !Number.isInteger(steps) || steps < 1 || steps > trainSteps) {
    throw new RangeError(`Cannot plan ${steps} steps: an integer from 1 to ${trainSteps} is wanted`);
  }
  return steps;
}

/** Custom timesteps, checked: integers falling from below T. */
export function customTimesteps(timesteps: readonly number[], trainSteps: number): readonly number[] {
  const ordered = timesteps.every(
    (t, i) => Number.isInteger(t) && t >= 0 && t < (i === 0 ? trainSteps : timesteps[i - 1]),
  );
  if (timesteps.length === 0 || !ordered) {
    throw new RangeError(
      `Cannot plan timesteps ${timesteps.join(", ")}: falling integers from ${trainSteps - 1} at most are wanted`,
    );
  }
  return timesteps;
}
