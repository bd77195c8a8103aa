// The classes made from k-diffusion, which keep samples in σ-space: Euler, Euler ancestral, Heun, KDPM2, KDPM2
// ancestral, DPM-Solver SDE, LMS.
import { type Discretization, sigmaAtLinear } from "../discretization.ts";
import { linspace, roundHalfEven, spacedTimesteps } from "../spacing.ts";
import type { SchedulerConfig } from "./config.ts";
import { conversionDefaults, convertedSigmas, timestepOfSigma } from "./sigma-conversions.ts";
import {
  type ClassPlan,
  commonDefaults,
  type DiffusersRun,
  inRange,
  type SchedulerClass,
  SMALLEST_FLOAT16,
  stepCount,
} from "./run.ts";

const f32 = Math.fround;

/** EulerDiscreteScheduler: with churn, and continuous timesteps where a model is told ¼·log σ. */
export const eulerDiscreteScheduler: SchedulerClass = {
  defaults: {
    ...commonDefaults,
    ...conversionDefaults,
    timestep_spacing: "linspace",
    interpolation_type: "linear",
    timestep_type: "discrete",
    sigma_min: undefined,
    sigma_max: undefined,
    rescale_betas_zero_snr: false,
    final_sigmas_type: "zero",
  },
  takes: ["timesteps", "sigmas", "sChurn", "sTmin", "sTmax", "sNoise"],
  alphaBarFloor: SMALLEST_FLOAT16,
  plan: (config, run, model) => {
    const { sChurn, sTmin, sTmax, sNoise } = run;
    const churn = sChurn ? { sChurn, sTmin, sTmax, sNoise, churnAfter: config.prediction_type } : {};
    const levels = levelsOf(config, run, model);
    // Such models are told ¼·log σ (the c_noise of arXiv 2206.00364).
    const continuous = config.timestep_type === "continuous" && config.prediction_type === "v_prediction";
    if (continuous && run.timesteps) throw new TypeError('Cannot plan given timesteps: timestep_type is "continuous"');
    const timesteps = continuous
      ? levels.sigmas.slice(0, -1).map((sigma) => f32(Math.log(sigma) / 4))
      : levels.timesteps;
    return planOf("euler", churn, config, run, { ...levels, timesteps });
  },
};

/** EulerAncestralDiscreteScheduler: at η = 1. */
export const eulerAncestralDiscreteScheduler: SchedulerClass = {
  defaults: { ...commonDefaults, timestep_spacing: "linspace", rescale_betas_zero_snr: false },
  takes: [],
  alphaBarFloor: SMALLEST_FLOAT16,
  plan: (config, run, model) => planOf("euler_ancestral", {}, config, run, levelsOf(config, run, model)),
};

// Three classes have Stable Diffusion's range as default, but not its schedule.
const stableDiffusionRange = { beta_start: 0.00085, beta_end: 0.012 } as const;

/** HeunDiscreteScheduler: without churn. */
export const heunDiscreteScheduler: SchedulerClass = {
  defaults: {
    ...commonDefaults,
    ...stableDiffusionRange,
    ...conversionDefaults,
    timestep_spacing: "linspace",
    clip_sample: false,
    clip_sample_range: 1,
  },
  takes: ["timesteps"],
  plan: (config, run, model) => planOf("heun", {}, config, run, levelsOf(config, run, model)),
};

/** KDPM2DiscreteScheduler: DPM-Solver-2. */
export const kdpm2DiscreteScheduler: SchedulerClass = {
  defaults: { ...commonDefaults, ...stableDiffusionRange, ...conversionDefaults, timestep_spacing: "linspace" },
  takes: [],
  plan: (config, run, model) => planOf("dpm_2", {}, config, run, kdpm2Levels(config, run, model)),
};

/** KDPM2AncestralDiscreteScheduler: the same, ancestral. */
export const kdpm2AncestralDiscreteScheduler: SchedulerClass = {
  ...kdpm2DiscreteScheduler,
  plan: (config, run, model) => planOf("dpm_2_ancestral", {}, config, run, kdpm2Levels(config, run, model)),
};

/** DPMSolverSDEScheduler: noise along a Brownian path, of noise_sampler_seed. */
export const dpmSolverSDEScheduler: SchedulerClass = {
  defaults: {
    ...commonDefaults,
    ...stableDiffusionRange,
    ...conversionDefaults,
    timestep_spacing: "linspace",
    noise_sampler_seed: undefined,
  },
  values: { prediction_type: ["epsilon", "v_prediction"] },
  takes: ["sNoise"],
  plan: (config, run, model) => ({
    ...planOf("dpmpp_sde", { sNoise: run.sNoise }, config, run, levelsOf(config, run, model)),
    timestepOf: (sigma) => timestepOfSigma(model, sigma),
    noise: "brownian",
    noiseSeed: config.noise_sampler_seed,
  }),
};

/** LMSDiscreteScheduler: of order 4, if no other is asked for. */
export const lmsDiscreteScheduler: SchedulerClass = {
  defaults: { ...commonDefaults, ...conversionDefaults, timestep_spacing: "linspace" },
  takes: ["order"],
  plan: (config, run, model) => planOf("lms", { order: run.order ?? 4 }, config, run, levelsOf(config, run, model)),
};

interface Levels {
  /** The final one included. */
  readonly sigmas: readonly number[];
  readonly timesteps: readonly number[];
}

function levelsOf(config: SchedulerConfig, run: DiffusersRun, model: Discretization): Levels {
  if (run.sigmas) {
    const sigmas = run.sigmas.map(f32);
    return { sigmas, timesteps: sigmas.slice(0, -1).map((sigma) => f32(timestepOfSigma(model, sigma))) };
  }
  const trainSteps = config.num_train_timesteps;
  const timesteps = (
    run.timesteps ??
    spacedTimesteps(config.timestep_spacing, {
      steps: stepCount(run, trainSteps),
      trainSteps,
      offset: config.steps_offset,
    })
  ).map(f32);
  const logLinear = config.interpolation_type === "log_linear";
  const levels = logLinear
    ? linspace(Math.log(model.sigmaMax), Math.log(model.sigmaMin), timesteps.length + 1).map(Math.exp)
    : timesteps.map((t) => sigmaAtLinear(model, t));
  const range = { sigmaMin: config.sigma_min ?? levels[levels.length - 1], sigmaMax: config.sigma_max ?? levels[0] };
  const converted = convertedSigmas(config, timesteps.length, range);
  if (converted && run.timesteps) {
    throw new TypeError(
      "Cannot plan given timesteps: the config converts its noise levels (karras, exponential or beta)",
    );
  }
  const final = config.final_sigmas_type === "sigma_min" ? model.sigmaMin : 0;
  return {
    // log_linear has a level of its own to end at.
    sigmas: (converted ? [...converted, final] : logLinear ? levels : [...levels, final]).map(f32),
    timesteps: converted ? converted.map((sigma) => f32(timestepOfSigma(model, sigma))) : timesteps,
  };
}

// KDPM2 rounds the timesteps of Karras levels; those between two levels stay as they fall.
function kdpm2Levels(config: SchedulerConfig, run: DiffusersRun, model: Discretization): Levels {
  const levels = levelsOf(config, run, model);
  return config.use_karras_sigmas ? { ...levels, timesteps: levels.timesteps.map(roundHalfEven) } : levels;
}

function planOf(
  sampler: ClassPlan["sampler"],
  settings: ClassPlan["settings"],
  config: SchedulerConfig,
  run: DiffusersRun,
  levels: Levels,
): ClassPlan {
  const largest = Math.max(...levels.sigmas);
  return {
    sampler,
    settings,
    sigmas: inRange(run, levels.sigmas, 1),
    timesteps: inRange(run, levels.timesteps),
    form: "sigma",
    // "leading" starts below σ_max, where data still shows: its variance is added.
    initialScale: config.timestep_spacing === "leading" ? Math.hypot(largest, 1) : largest,
  };
}
