// EDMEulerScheduler and EDMDPMSolverMultistepScheduler: models with EDM's preconditioning, which are told ¼·log σ; samples in σ-space.
// T. Karras et al., arXiv 2206.00364.
import { discretizationOfSigmas } from "../discretization.ts";
import type { EdmPrediction } from "../parameterization.ts";
import type { ModelDiffusion } from "../plan.ts";
import { sigmasExponential } from "../schedules/exponential.ts";
import { sigmasKarras } from "../schedules/karras.ts";
import type { SchedulerConfig } from "./config.ts";
import { algorithm, algorithmWarnings, FEW_STEPS } from "./multistep-family.ts";
import { type ClassPlan, type DiffusersRun, inRange, type SchedulerClass, thresholdingDefaults } from "./run.ts";

const f32 = Math.fround;

const edmDefaults = {
  sigma_min: 0.002,
  sigma_max: 80,
  sigma_data: 0.5,
  sigma_schedule: "karras",
  num_train_timesteps: 1000,
  prediction_type: "epsilon",
  rho: 7,
  final_sigmas_type: "zero",
} as const;

/** EDMEulerScheduler: Euler's method with churn. */
export const edmEulerScheduler: SchedulerClass = {
  defaults: edmDefaults,
  values: { prediction_type: ["epsilon", "v_prediction"] },
  takes: ["sChurn", "sTmin", "sTmax", "sNoise"],
  model: edmModel,
  plan: (config, run) => {
    const levels = edmLevels(config, run);
    const { sChurn, sTmin, sTmax, sNoise } = run;
    return {
      sampler: "euler",
      settings: sChurn ? { sChurn, sTmin, sTmax, sNoise, churnAfter: predictionOf(config) } : {},
      ...edmPlan(config, run, [...levels, config.final_sigmas_type === "zero" ? 0 : levels[levels.length - 1]]),
    };
  },
};

/** EDMDPMSolverMultistepScheduler: DPM-Solver++ of order 1 to 3. */
export const edmDPMSolverMultistepScheduler: SchedulerClass = {
  defaults: {
    ...edmDefaults,
    ...thresholdingDefaults,
    solver_order: 2,
    algorithm_type: "dpmsolver++",
    solver_type: "midpoint",
    lower_order_final: true,
    euler_at_final: false,
  },
  values: {
    prediction_type: ["epsilon", "v_prediction"],
    algorithm_type: ["dpmsolver++", "sde-dpmsolver++", "deis"],
  },
  takes: [],
  model: edmModel,
  plan: (config, run) => {
    const levels = edmLevels(config, run);
    const complete = (run.end ?? levels.length) === levels.length;
    if (config.algorithm_type === "sde-dpmsolver++" && config.solver_order > 2) {
      throw new RangeError(`Cannot plan sde-dpmsolver++ of order ${config.solver_order} for EDM: 1 or 2 is wanted`);
    }
    return {
      ...algorithm(config.algorithm_type, config.solver_order, {
        solverType: config.solver_type === "heun" ? "heun" : "midpoint",
        lowerOrderFinal: complete && config.lower_order_final && levels.length < FEW_STEPS,
        eulerAtFinal: complete && config.euler_at_final,
      }),
      ...edmPlan(config, run, [...levels, config.final_sigmas_type === "zero" ? 0 : f32(config.sigma_min!)]),
      warnings: algorithmWarnings("EDMDPMSolverMultistepScheduler", config),
    };
  },
};

const quarterLog = (sigma: number): number => f32(f32(Math.log(sigma)) / 4);

function predictionOf(config: SchedulerConfig): EdmPrediction {
  return { kind: "edm", sigmaData: config.sigma_data, sign: config.prediction_type === "epsilon" ? 1 : -1 };
}

function edmModel(config: SchedulerConfig, base: ModelDiffusion): ModelDiffusion {
  return {
    ...base,
    discretization: discretizationOfSigmas(levelsOf(config, config.num_train_timesteps).reverse()),
    prediction: predictionOf(config),
    timestepOf: quarterLog,
  };
}

function edmLevels(config: SchedulerConfig, run: DiffusersRun): number[] {
  if (run.steps === undefined || !Number.isInteger(run.steps) || run.steps < 1) {
    throw new RangeError(`Cannot plan ${run.steps} steps: a positive integer is wanted`);
  }
  return levelsOf(config, run.steps).map(f32);
}

function levelsOf(config: SchedulerConfig, steps: number): number[] {
  const range = { sigmaMin: config.sigma_min!, sigmaMax: config.sigma_max! };
  return config.sigma_schedule === "karras"
    ? sigmasKarras(steps, range, { rho: config.rho })
    : sigmasExponential(steps, range);
}

function edmPlan(
  config: SchedulerConfig,
  run: DiffusersRun,
  sigmas: readonly number[],
): Pick<ClassPlan, "sigmas" | "timesteps" | "form" | "initialScale"> {
  return {
    sigmas: inRange(run, sigmas, 1),
    timesteps: inRange(run, sigmas.slice(0, -1)).map(quarterLog),
    form: "sigma",
    initialScale: Math.hypot(config.sigma_max!, 1),
  };
}
