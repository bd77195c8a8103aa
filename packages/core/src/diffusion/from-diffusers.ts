// Sampling plans from diffusers' `scheduler_config.json`: the same noise levels, timesteps, method and noise draws as the class it names.
import { clipOf, discretizationOf, readConfig, type SchedulerConfig } from "./diffusers/config.ts";
import { deisMultistepScheduler, saSolverScheduler } from "./diffusers/adams-family.ts";
import { ddimScheduler, ddpmScheduler, unCLIPScheduler } from "./diffusers/ddpm-family.ts";
import { lcmScheduler, tcdScheduler } from "./diffusers/distilled-family.ts";
import { edmDPMSolverMultistepScheduler, edmEulerScheduler } from "./diffusers/edm-family.ts";
import { ddimInverseScheduler, dpmSolverMultistepInverseScheduler } from "./diffusers/inverse-family.ts";
import {
  dpmSolverSDEScheduler,
  eulerAncestralDiscreteScheduler,
  eulerDiscreteScheduler,
  heunDiscreteScheduler,
  kdpm2AncestralDiscreteScheduler,
  kdpm2DiscreteScheduler,
  lmsDiscreteScheduler,
} from "./diffusers/k-family.ts";
import { dpmSolverMultistepScheduler, uniPCMultistepScheduler } from "./diffusers/multistep-family.ts";
import { pndmScheduler } from "./diffusers/pndm-scheduler.ts";
import { type DiffusersRun, type SchedulerClass, SMALLEST_FLOAT16 } from "./diffusers/run.ts";
import { scoreSdeVeScheduler } from "./diffusers/score-sde-scheduler.ts";
import { timestepBetween } from "./diffusers/sigma-conversions.ts";
import { dpmSolverSinglestepScheduler } from "./diffusers/singlestep-scheduler.ts";
import { type ModelDiffusion, type SamplingPlan, timed } from "./plan.ts";

/** The supported scheduler classes. */
export const schedulerClasses = {
  DDIMInverseScheduler: ddimInverseScheduler,
  DDIMScheduler: ddimScheduler,
  DDPMScheduler: ddpmScheduler,
  DEISMultistepScheduler: deisMultistepScheduler,
  DPMSolverMultistepInverseScheduler: dpmSolverMultistepInverseScheduler,
  DPMSolverMultistepScheduler: dpmSolverMultistepScheduler,
  DPMSolverSDEScheduler: dpmSolverSDEScheduler,
  DPMSolverSinglestepScheduler: dpmSolverSinglestepScheduler,
  EDMDPMSolverMultistepScheduler: edmDPMSolverMultistepScheduler,
  EDMEulerScheduler: edmEulerScheduler,
  EulerAncestralDiscreteScheduler: eulerAncestralDiscreteScheduler,
  EulerDiscreteScheduler: eulerDiscreteScheduler,
  HeunDiscreteScheduler: heunDiscreteScheduler,
  KDPM2AncestralDiscreteScheduler: kdpm2AncestralDiscreteScheduler,
  KDPM2DiscreteScheduler: kdpm2DiscreteScheduler,
  LCMScheduler: lcmScheduler,
  LMSDiscreteScheduler: lmsDiscreteScheduler,
  PNDMScheduler: pndmScheduler,
  SASolverScheduler: saSolverScheduler,
  ScoreSdeVeScheduler: scoreSdeVeScheduler,
  TCDScheduler: tcdScheduler,
  UnCLIPScheduler: unCLIPScheduler,
  UniPCMultistepScheduler: uniPCMultistepScheduler,
} satisfies Record<string, SchedulerClass>;

/** A parsed scheduler_config.json. */
export type SchedulerConfigJson = Readonly<Record<string, unknown>>;

/** The plan of a run as `config`'s class would do it. Throws TypeError or RangeError that names what is not supported and what is. */
export function planFromDiffusers(config: SchedulerConfigJson, run: DiffusersRun): SamplingPlan {
  const scheduler = readScheduler(config);
  checkRun(scheduler, run);
  const { discretization } = scheduler.model;
  const {
    form,
    initialScale,
    finalFactor = 1,
    clipInSampler = false,
    levels,
    timestepOf,
    warnings = [],
    ...planned
  } = scheduler.rules.plan(scheduler.config, run, discretization);
  const beyond = planned.sigmas.findIndex((sigma) => !Number.isFinite(sigma));
  if (beyond >= 0) {
    throw new RangeError(
      `Cannot plan ${scheduler.name}: timestep ${planned.timesteps[beyond]} is beyond the model's ${discretization.sigmas.length - 1} (fewer steps or a smaller steps_offset are wanted)`,
    );
  }
  const [first, last] = [planned.sigmas[0], planned.sigmas[planned.sigmas.length - 1]];
  return {
    ...scheduler.model,
    ...planned,
    ...timed({
      ...planned,
      levels,
      timestepOf: timestepOf ?? scheduler.model.timestepOf ?? ((sigma) => timestepBetween(discretization, sigma)),
    }),
    clipInSampler: clipInSampler && scheduler.model.clip !== undefined,
    // Variance-preserving classes start from N(0,1) and hand over x/√(1+σ²).
    initialScale: form === "variance-preserving" ? Math.hypot(first, 1) : (initialScale ?? first),
    finalScale: form === "variance-preserving" ? finalFactor / Math.hypot(last, 1) : finalFactor,
    warnings: [...scheduler.warnings, ...warnings],
  };
}

/**
 * How the model of a scheduler config was trained, for use with `planFor`. With zero terminal SNR σ_max is 4096 whatever the class,
 * which every sampler and schedule can use. Throws TypeError like `planFromDiffusers`.
 */
export function diffusionFromDiffusers(config: SchedulerConfigJson): ModelDiffusion {
  return readScheduler(config, SMALLEST_FLOAT16).model;
}

/** ᾱ by timestep as the model of a scheduler config was trained; the last is 0 with zero terminal SNR. */
export const alphasFromDiffusers = (config: SchedulerConfigJson): Float32Array =>
  readScheduler(config, 0).model.discretization.alphasCumprod;

interface Scheduler {
  readonly name: string;
  readonly rules: SchedulerClass;
  readonly config: SchedulerConfig;
  readonly model: ModelDiffusion;
  readonly warnings: readonly string[];
}

function readScheduler(json: SchedulerConfigJson, alphaBarFloor?: number): Scheduler {
  const name = json._class_name;
  if (typeof name !== "string" || !Object.hasOwn(schedulerClasses, name)) {
    throw new TypeError(
      `Cannot use scheduler ${JSON.stringify(name)}: it is none of ${Object.keys(schedulerClasses).join(", ")}`,
    );
  }
  const rules: SchedulerClass = schedulerClasses[name as keyof typeof schedulerClasses];
  const { config, warnings } = readConfig(name, json, rules);
  if (config.trained_betas && config.trained_betas.length !== config.num_train_timesteps) {
    throw new TypeError(
      `Cannot read ${name}: ${config.trained_betas.length} trained_betas (${config.num_train_timesteps}, one per timestep, are wanted)`,
    );
  }
  const variance = config.variance_type;
  const usesClip = config.predict_x0 !== false; // UniPC limits x₀ only where it predicts it
  const base: ModelDiffusion = {
    discretization: discretizationOf(config, alphaBarFloor ?? rules.alphaBarFloor),
    prediction: config.prediction_type,
    clip: usesClip ? clipOf(config) : undefined,
    learnedVariance: variance === "learned" || variance === "learned_range" ? variance : undefined,
    boundary:
      config.timestep_scaling === undefined ? undefined : { timestepScaling: config.timestep_scaling, sigmaData: 0.5 },
  };
  return { name, rules, config, model: rules.model?.(config, base) ?? base, warnings };
}

function checkRun({ name, rules }: Scheduler, run: DiffusersRun): void {
  const taken = ["steps", "begin", "end", ...rules.takes];
  for (const [argument, value] of Object.entries(run)) {
    if (value !== undefined && !taken.includes(argument)) {
      throw new TypeError(`Cannot plan ${name} with "${argument}": it takes ${taken.join(", ")}`);
    }
  }
  const counts = (["steps", "timesteps", "sigmas"] as const).filter((argument) => run[argument] !== undefined);
  if (counts.length !== 1) {
    throw new TypeError(
      `Cannot plan ${name} from ${counts.join(" and ") || "nothing"}: one of steps, timesteps, sigmas is wanted`,
    );
  }
}
