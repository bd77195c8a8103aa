// What a row of the table of samplers says.
import type { ModelDiffusion } from "../plan.ts";
import type { ScheduleId } from "../schedules/index.ts";
import type { Sampler, SamplerSettings } from "./types.ts";

/** One sampler: how to run it, what to expect of it, and what other systems call it. */
export interface SamplerRow {
  readonly sample: Sampler;
  /** Global order of convergence, warm-up included; the noise-free error of an SDE sampler. */
  readonly order: number;
  /** Network evaluations per step, but for first and last ones. */
  readonly evaluations: number;
  readonly kind: "ode" | "sde";
  /** The schedule used when none is asked for. */
  readonly schedule: ScheduleId;
  /** The settings it reads. */
  readonly settings: readonly (keyof SamplerSettings)[];
  /** Settings that follow from the model and the noise levels of a run; given ones go before them. */
  readonly fromModel?: (run: ModelRun) => SamplerSettings;
  /** It needs a consistency model: any other gives wrong images. */
  readonly consistencyModel?: true;
  /** The consistency model is the identity at t = 0 by LCM's boundary condition, which `planFor` applies. */
  readonly boundary?: true;
  /** CFG++: it reads the estimate without the prompt, and is made for guidance scales of about 1 and less. */
  readonly usesUnconditional?: true;
  /** It reads the first and the last noise level, and chooses those between. */
  readonly ownLevels?: true;
  /** It goes from data to noise: its levels rise, and so do those of its plans. */
  readonly rising?: true;
  /** A step evaluates the network at the level it goes to, not at the one it leaves. */
  readonly evaluatesAtEnd?: true;
  /** Noise along one Brownian path can be asked for, or is its reference's and the default. */
  readonly brownian?: "optional" | "default";
  readonly names: SamplerNames;
  readonly reference: string;
}

/** What `fromModel` is told. */
export interface ModelRun {
  readonly model: ModelDiffusion;
  readonly sigmas: readonly number[];
  /** The settings asked for. */
  readonly settings: SamplerSettings;
}

/** A sampler's names elsewhere; for diffusers the class and the options that select it. */
export interface SamplerNames {
  readonly a1111?: string;
  readonly comfyui?: string;
  readonly diffusers?: string;
  readonly sdcpp?: string;
}

/** The settings of churn. */
export const churn = ["sChurn", "sTmin", "sTmax", "sNoise"] as const;
