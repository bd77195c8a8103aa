// DPMSolverMultistepScheduler and UniPCMultistepScheduler: integer timesteps with one point more than steps, any noise levels,
// samples kept variance-preserving.
import { type Discretization, sigmaAtLinear } from "../discretization.ts";
import type { SamplerSettings } from "../samplers/types.ts";
import { roundHalfEven, spacedTimesteps } from "../spacing.ts";
import type { SchedulerConfig } from "./config.ts";
import {
  type ClassPlan,
  commonDefaults,
  customTimesteps,
  type DiffusersRun,
  inRange,
  type SchedulerClass,
  SMALLEST_FLOAT16,
  stepCount,
  thresholdingDefaults,
} from "./run.ts";
import { conversionDefaults, convertedSigmas, timestepOfSigma } from "./sigma-conversions.ts";

/** The keys of every multistep class. */
export const multistepDefaults = {
  ...commonDefaults,
  ...thresholdingDefaults,
  ...conversionDefaults,
  timestep_spacing: "linspace",
  rescale_betas_zero_snr: false,
  solver_order: 2,
  lower_order_final: true,
  final_sigmas_type: "zero",
  use_flow_sigmas: false,
  use_dynamic_shifting: false,
} as const;

/** Below this many steps most classes lower the order at the end. */
export const FEW_STEPS = 15;

/** DPMSolverMultistepScheduler: both algorithms, orders 1 to 3, as ODE and SDE. */
export const dpmSolverMultistepScheduler: SchedulerClass = {
  defaults: {
    ...multistepDefaults,
    algorithm_type: "dpmsolver++",
    solver_type: "midpoint",
    euler_at_final: false,
    use_lu_lambdas: false,
    lambda_min_clipped: -Infinity,
    variance_type: undefined,
  },
  values: { algorithm_type: ["dpmsolver", "dpmsolver++", "sde-dpmsolver", "sde-dpmsolver++", "deis"] },
  takes: ["timesteps"],
  alphaBarFloor: SMALLEST_FLOAT16,
  plan: (config, run, model) => {
    const { sigmas, timesteps } = multistepLevels(config, run, model, {
      last: lastTimestep(config, model),
      cutsCosine: true,
    });
    const order = config.solver_order;
    const complete = (run.end ?? timesteps.length) === timesteps.length;
    const settings: SamplerSettings = {
      solverType: config.solver_type === "heun" ? "heun" : "midpoint",
      lowerOrderFinal: complete && config.lower_order_final && timesteps.length < FEW_STEPS,
      eulerAtFinal: complete && config.euler_at_final,
    };
    return {
      ...algorithm(config.algorithm_type, order, settings),
      sigmas: inRange(run, sigmas, 1),
      timesteps: inRange(run, timesteps),
      form: "variance-preserving",
      warnings: algorithmWarnings("DPMSolverMultistepScheduler", config),
    };
  },
};

/** UniPCMultistepScheduler: predictor and corrector. */
export const uniPCMultistepScheduler: SchedulerClass = {
  defaults: {
    ...multistepDefaults,
    predict_x0: true,
    solver_type: "bh2",
    disable_corrector: [],
    sigma_min: undefined,
    sigma_max: undefined,
  },
  takes: [],
  alphaBarFloor: SMALLEST_FLOAT16,
  plan: (config, run, model) => {
    const { sigmas, timesteps } = multistepLevels(config, run, model);
    const { begin = 0, end = timesteps.length } = run;
    const replaced = config.solver_type !== "bh1" && config.solver_type !== "bh2";
    return {
      sampler: "unipc",
      settings: {
        order: config.solver_order,
        solverVariant: config.solver_type === "bh1" ? "bh1" : "bh2",
        lowerOrderFinal: config.lower_order_final && end === timesteps.length,
        extrapolates: config.predict_x0 ? "denoised" : "noise",
        disableCorrector: config.disable_corrector.map((step) => step - begin),
      },
      sigmas: inRange(run, sigmas, 1),
      timesteps: inRange(run, timesteps),
      form: "variance-preserving",
      warnings: replaced
        ? [`solver_type "${config.solver_type}" is read as "bh2", as UniPCMultistepScheduler does`]
        : [],
    };
  },
};

/** What is said of values that the classes of DPM-Solver replace by others. */
export function algorithmWarnings(
  name: string,
  { solver_type: solver, algorithm_type: type }: SchedulerConfig,
): string[] {
  return [
    ...(solver === "midpoint" || solver === "heun"
      ? []
      : [`solver_type "${solver}" is read as "midpoint", as ${name} does`]),
    ...(type === "deis" ? [`algorithm_type "deis" is read as "dpmsolver++", as ${name} does`] : []),
  ];
}

/** The sampler of an algorithm and order. Order 1 of the data-predicting algorithms is Euler's method, and its ancestral form. */
export function algorithm(
  type: SchedulerConfig["algorithm_type"],
  order: number,
  settings: SamplerSettings,
): Pick<ClassPlan, "sampler" | "settings"> {
  const largest = type === "sde-dpmsolver" ? 2 : 3;
  if (order > largest) throw new RangeError(`Cannot plan ${type} of order ${order}: 1 to ${largest} is wanted`);
  const { solverType, ...ends } = settings;
  switch (type) {
    case "dpmsolver":
      return { sampler: "dpm_multistep", settings: { ...settings, order } };
    case "sde-dpmsolver":
      return { sampler: "dpm_multistep", settings: { ...settings, order, eta: 1 } };
    case "sde-dpmsolver++":
      if (order === 1) return { sampler: "euler_ancestral", settings: {} };
      if (order === 2) return { sampler: "dpmpp_2m_sde", settings };
      return { sampler: "dpmpp_3m_sde", settings: { ...ends, solverType, diffusersThirdOrder: true } };
    default: // "dpmsolver++", and "deis", which is read as it
      if (order === 1) return { sampler: "euler", settings: {} };
      return { sampler: order === 2 ? "dpmpp_2m" : "dpmpp_3m", settings };
  }
}

interface Levels {
  /** The final one included. */
  readonly sigmas: readonly number[];
  readonly timesteps: readonly number[];
}

interface LevelOptions {
  /** Where the timesteps end, exclusive: T, or below it. */
  readonly last?: number;
  /** The final level: by final_sigmas_type, or σ_0, but that of converted levels stays where they end. */
  readonly end?: "typed" | "stays";
  /** Timesteps of converted levels are cut off, not rounded, under the cosine schedule. */
  readonly cutsCosine?: boolean;
}

/** Timesteps and levels of the multistep classes: integers with one point more than steps, or converted levels. */
export function multistepLevels(
  config: SchedulerConfig,
  run: DiffusersRun,
  model: Discretization,
  { last = config.num_train_timesteps, end = "typed", cutsCosine = false }: LevelOptions = {},
): Levels {
  const trainSteps = config.num_train_timesteps;
  const spaced = run.timesteps
    ? customTimesteps(run.timesteps, trainSteps)
    : spacedTimesteps(config.timestep_spacing, {
        steps: stepCount(run, trainSteps),
        trainSteps,
        lastTimestep: last,
        offset: config.steps_offset,
        extraPoint: true,
      }).map(roundHalfEven);
  const range = { sigmaMin: config.sigma_min ?? model.sigmaMin, sigmaMax: config.sigma_max ?? model.sigmaMax };
  const converted = convertedSigmas(config, run.steps ?? spaced.length, range);
  if (converted && run.timesteps) {
    throw new TypeError(
      "Cannot plan given timesteps: the config converts its noise levels (karras, lu, exponential or beta)",
    );
  }
  const levels = converted ?? spaced.map((t) => sigmaAtLinear(model, t));
  const typed = config.final_sigmas_type === "sigma_min" ? model.sigmaMin : 0;
  const final = end === "typed" ? typed : converted ? converted[converted.length - 1] : model.sigmaMin;
  // Rounded for Karras and Lu, but cut off for the others.
  const rounds =
    (config.use_karras_sigmas || config.use_lu_lambdas) &&
    !(cutsCosine && config.beta_schedule === "squaredcos_cap_v2");
  const whole = rounds ? roundHalfEven : Math.floor;
  return {
    sigmas: [...levels, final].map(Math.fround),
    timesteps: converted ? converted.map((sigma) => whole(timestepOfSigma(model, sigma))) : spaced,
  };
}

/** Where the timesteps end, exclusive: levels noisier than the λ = −log σ given are cut off; the cosine schedule needs it. */
export function lastTimestep(config: SchedulerConfig, { sigmas }: Discretization): number {
  const tooNoisy = sigmas.filter((sigma) => -Math.log(sigma) < config.lambda_min_clipped).length;
  return config.num_train_timesteps - tooNoisy;
}
