// ScoreSdeVeScheduler: noise levels equal in log σ, a network that gives the score and is told σ itself; samples in σ-space.
import { discretizationOfSigmas } from "../discretization.ts";
import { sigmasExponential } from "../schedules/exponential.ts";
import { linspace } from "../spacing.ts";
import type { SchedulerConfig } from "./config.ts";
import { inRange, type SchedulerClass, stepCount } from "./run.ts";

/** ScoreSdeVeScheduler: predictor and corrector. */
export const scoreSdeVeScheduler: SchedulerClass = {
  defaults: {
    num_train_timesteps: 2000,
    snr: 0.15,
    sigma_min: 0.01,
    sigma_max: 1348,
    sampling_eps: 1e-5,
    correct_steps: 1,
  },
  takes: [],
  model: (config, base) => ({
    ...base,
    discretization: discretizationOfSigmas(levelsOf(config, config.num_train_timesteps).reverse()),
    prediction: { kind: "score" },
    timestepOf: (sigma) => sigma,
  }),
  plan: (config, run) => {
    const steps = stepCount(run, config.num_train_timesteps);
    const [low, high] = [config.sigma_min!, config.sigma_max!];
    // What the network is told differs a little: its times run to sampling_eps instead of 0.
    const told = linspace(1, config.sampling_eps, steps).map((t) => Math.fround(low * (high / low) ** Math.fround(t)));
    return {
      sampler: "score_sde_ve",
      settings: { snr: config.snr, correctorSteps: config.correct_steps },
      sigmas: inRange(run, [...levelsOf(config, steps).map(Math.fround), 0], 1),
      timesteps: inRange(run, told),
      form: "sigma",
      initialScale: high,
    };
  },
};

const levelsOf = (config: SchedulerConfig, steps: number): number[] =>
  sigmasExponential(steps, { sigmaMin: config.sigma_min!, sigmaMax: config.sigma_max! });
