// DDPMScheduler, DDIMScheduler and UnCLIPScheduler: integer timesteps, noise levels straight from the table, samples kept
// variance-preserving.
import { betas } from "../betas.ts";
import { linspace, roundHalfEven, spacedTimesteps } from "../spacing.ts";
import type { SchedulerConfig } from "./config.ts";
import {
  commonDefaults,
  customTimesteps,
  type DiffusersRun,
  inRange,
  type SchedulerClass,
  stepCount,
  thresholdingDefaults,
} from "./run.ts";

/** The keys of clipping, on. */
export const clipDefaults = { ...thresholdingDefaults, clip_sample: true, clip_sample_range: 1 } as const;

/** DDPMScheduler: ancestral sampling, with fixed or learned variances. */
export const ddpmScheduler: SchedulerClass = {
  defaults: {
    ...commonDefaults,
    ...clipDefaults,
    timestep_spacing: "leading",
    rescale_betas_zero_snr: false,
    variance_type: "fixed_small",
  },
  takes: ["timesteps"],
  plan: (config, run, { sigmas }) => {
    const all = run.timesteps
      ? customTimesteps(run.timesteps, config.num_train_timesteps)
      : integerTimesteps(config, run);
    const timesteps = inRange(run, all);
    return {
      sampler: "ddpm",
      // Noise is drawn at every timestep but 0, so also in a last step from above it.
      settings: { variance: variances[config.variance_type!], noiseAtEnd: timesteps[timesteps.length - 1] > 0 },
      sigmas: inRange(run, [...all.map((t) => sigmas[t]), 0], 1),
      timesteps,
      form: "variance-preserving",
    };
  },
};

// fixed_small_log is the same value by way of its logarithm.
const variances = {
  fixed_small: "small",
  fixed_small_log: "small",
  fixed_large: "large",
  learned: "learned",
  learned_range: "learned_range",
} as const;

/** DDIMScheduler: every step goes down by ⌊T/n⌋. */
export const ddimScheduler: SchedulerClass = {
  defaults: {
    ...commonDefaults,
    ...clipDefaults,
    timestep_spacing: "leading",
    rescale_betas_zero_snr: false,
    set_alpha_to_one: true,
  },
  takes: ["eta", "useClippedModelOutput"],
  plan: (config, run, { sigmas: table }) => {
    const all = integerTimesteps(config, run);
    const final = config.set_alpha_to_one ? 0 : table[0];
    const level = (t: number) => (t < 0 ? final : table[t]);
    // Every step goes down by ⌊T/n⌋, wherever the next timestep is.
    const stride = Math.floor(config.num_train_timesteps / run.steps!);
    const targets = inRange(
      run,
      all.map((t) => level(t - stride)),
    );
    const sigmas = [...inRange(run, all).map(level), targets[targets.length - 1]];
    const onGrid = targets.every((target, i) => target === sigmas[i + 1]);
    return {
      sampler: "ddim",
      settings: { eta: run.eta ?? 0, targets: onGrid ? undefined : targets },
      sigmas,
      timesteps: inRange(run, all),
      form: "variance-preserving",
      clipInSampler: !run.useClippedModelOutput,
    };
  },
};

/** UnCLIPScheduler: DDPM from timestep T−1 to 0, as its pipelines run it. */
export const unCLIPScheduler: SchedulerClass = {
  defaults: {
    num_train_timesteps: 1000,
    variance_type: "fixed_small_log",
    clip_sample: true,
    clip_sample_range: 1,
    prediction_type: "epsilon",
    beta_schedule: "squaredcos_cap_v2",
  },
  values: {
    beta_schedule: ["squaredcos_cap_v2"],
    variance_type: ["fixed_small_log", "learned_range"],
    prediction_type: ["epsilon", "sample"],
  },
  takes: [],
  plan: (config, run, { sigmas: table, alphasCumprod }) => {
    const steps = stepCount(run, config.num_train_timesteps);
    if (steps === 1) throw new RangeError("Cannot plan 1 step of UnCLIPScheduler: 2 or more are wanted");
    const all = linspace(config.num_train_timesteps - 1, 0, steps).map(roundHalfEven);
    const sigmas = inRange(run, [...all.map((t) => table[t]), 0], 1);
    // The last step has x₀·β₀/(1 − ᾱ₀), which is x₀ but for float32: 5·10⁻⁴ of it.
    const [beta] = betas({ schedule: config.beta_schedule, steps: config.num_train_timesteps });
    const complete = sigmas[sigmas.length - 1] === 0;
    return {
      sampler: "ddpm",
      finalFactor: complete ? beta / Math.fround(1 - alphasCumprod[0]) : 1,
      settings: { variance: variances[config.variance_type!], noiseAtEnd: sigmas[sigmas.length - 1] > 0 },
      sigmas,
      timesteps: inRange(run, all),
      form: "variance-preserving",
    };
  },
};

/** The timesteps of n steps by the config's spacing, rounded to integers. */
export function integerTimesteps(config: SchedulerConfig, run: DiffusersRun): number[] {
  const trainSteps = config.num_train_timesteps;
  const steps = stepCount(run, trainSteps);
  return spacedTimesteps(config.timestep_spacing, { steps, trainSteps, offset: config.steps_offset }).map(
    roundHalfEven,
  );
}
