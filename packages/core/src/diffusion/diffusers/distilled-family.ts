// LCMScheduler and TCDScheduler: a few timesteps of the grid the model was distilled on, samples kept variance-preserving.
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

const distilledDefaults = {
  ...commonDefaults,
  ...thresholdingDefaults,
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: "scaled_linear",
  clip_sample: false,
  clip_sample_range: 1,
  // Read, but without effect: the grid is the model's own.
  timestep_spacing: "leading",
  set_alpha_to_one: true,
  rescale_betas_zero_snr: false,
  original_inference_steps: 50,
  timestep_scaling: 10,
} as const;

/** LCMScheduler: consistency sampling, ending at σ = 0. */
export const lcmScheduler: SchedulerClass = {
  defaults: distilledDefaults,
  takes: ["timesteps", "originalSteps", "strength"],
  plan: (config, run, { sigmas }) => {
    const all = run.timesteps
      ? customTimesteps(run.timesteps, config.num_train_timesteps)
      : spread(run, config, gridOf(config, run));
    return {
      sampler: "lcm",
      settings: {},
      sigmas: inRange(run, [...all.map((t) => sigmas[t]), 0], 1),
      timesteps: inRange(run, all),
      form: "variance-preserving",
    };
  },
};

/** TCDScheduler: its stochasticity γ is `eta`. */
export const tcdScheduler: SchedulerClass = {
  defaults: distilledDefaults,
  takes: ["timesteps", "originalSteps", "strength", "eta"],
  // Nothing of it is a boundary condition, and clip_sample has no effect.
  model: (_config, base) => ({ ...base, boundary: undefined, clip: undefined }),
  plan: (config, run, { sigmas: table }) => {
    const { eta = 0.3 } = run;
    const { num_train_timesteps: trainSteps } = config;
    // When asked for, its grid is every timestep, whatever the number.
    const grid = run.originalSteps ? trainingGrid(trainSteps, run) : gridOf(config, run);
    const all = run.timesteps ? customTimesteps(run.timesteps, trainSteps) : spread(run, config, grid);
    const next = [...all.slice(1), 0]; // the run ends at timestep 0, not at σ = 0
    return {
      sampler: "tcd",
      settings: {
        eta,
        targets: inRange(
          run,
          next.map((t) => table[Math.floor((1 - eta) * t)]),
        ),
      },
      sigmas: inRange(
        run,
        [...all, 0].map((t) => table[t]),
        1,
      ),
      timesteps: inRange(run, all),
      form: "variance-preserving",
    };
  },
};

// T/k·i − 1, i = 1 … k·strength, highest first: what the model was distilled on.
function gridOf(config: SchedulerConfig, run: DiffusersRun): number[] {
  const { originalSteps = config.original_inference_steps, strength = 1 } = run;
  const stride = Math.floor(config.num_train_timesteps / originalSteps);
  const count = stride < 1 ? 0 : Math.floor(originalSteps * strength);
  return Array.from({ length: count }, (_, i) => (count - i) * stride - 1);
}

function trainingGrid(trainSteps: number, { strength = 1 }: DiffusersRun): number[] {
  const count = Math.floor(trainSteps * strength);
  return Array.from({ length: count }, (_, i) => count - 1 - i);
}

// n timesteps of the grid, evenly by index.
function spread(run: DiffusersRun, config: SchedulerConfig, grid: readonly number[]): number[] {
  const { originalSteps = config.original_inference_steps, strength = 1 } = run;
  const steps = stepCount(run, config.num_train_timesteps);
  if (grid.length < steps) {
    throw new RangeError(
      `Cannot plan ${steps} steps of a distilled model: the grid has ${grid.length} timesteps (original steps ${originalSteps} × strength ${strength})`,
    );
  }
  return Array.from({ length: steps }, (_, i) => grid[Math.floor(i * (grid.length / steps))]);
}
