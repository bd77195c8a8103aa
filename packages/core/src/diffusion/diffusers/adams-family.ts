// DEISMultistepScheduler and SASolverScheduler: the timesteps of the multistep family; converted levels end where they are, others at σ_0.
import { sigmaAt } from "../discretization.ts";
import { FEW_STEPS, lastTimestep, multistepDefaults, multistepLevels } from "./multistep-family.ts";
import { inRange, type SchedulerClass, without } from "./run.ts";

const adamsDefaults = without(multistepDefaults, "rescale_betas_zero_snr", "final_sigmas_type");

/** DEISMultistepScheduler: orders 1 to 3, ending at σ_0. */
export const deisMultistepScheduler: SchedulerClass = {
  defaults: {
    ...adamsDefaults,
    algorithm_type: "deis",
    solver_type: "logrho",
  },
  values: { algorithm_type: ["deis", "dpmsolver", "dpmsolver++"] },
  takes: [],
  plan: (config, run, model) => {
    if (config.solver_order > 3) {
      throw new RangeError(`Cannot plan DEISMultistepScheduler of order ${config.solver_order}: 1 to 3 is wanted`);
    }
    const { sigmas, timesteps } = multistepLevels(config, run, model, { end: "stays" });
    const complete = (run.end ?? timesteps.length) === timesteps.length;
    const replaced = [
      ...(config.algorithm_type === "deis" ? [] : [`algorithm_type "${config.algorithm_type}" is read as "deis"`]),
      ...(config.solver_type === "logrho" ? [] : [`solver_type "${config.solver_type}" is read as "logrho"`]),
    ];
    return {
      sampler: "deis",
      settings: {
        order: config.solver_order,
        lowerOrderFinal: complete && config.lower_order_final && timesteps.length < FEW_STEPS,
      },
      sigmas: inRange(run, sigmas, 1),
      timesteps: inRange(run, timesteps),
      form: "variance-preserving",
      warnings: replaced.map((text) => `${text}, as DEISMultistepScheduler does`),
    };
  },
};

/** SASolverScheduler: noise between timesteps 200 and 800. */
export const saSolverScheduler: SchedulerClass = {
  defaults: {
    ...without(adamsDefaults, "solver_order", "use_dynamic_shifting"),
    predictor_order: 2,
    corrector_order: 2,
    algorithm_type: "data_prediction",
    lambda_min_clipped: -Infinity,
    variance_type: undefined,
  },
  values: { algorithm_type: ["data_prediction", "noise_prediction"] },
  takes: [],
  plan: (config, run, model) => {
    const last = lastTimestep(config, model);
    const { sigmas, timesteps } = multistepLevels(config, run, model, { last, end: "stays" });
    const complete = (run.end ?? timesteps.length) === timesteps.length;
    // τ is 1 from timestep 200 to 800.
    const [low, high] = [200, 800].map((t) => Math.fround(sigmaAt(model, t)));
    return {
      sampler: "sa_solver",
      settings: {
        order: config.predictor_order,
        correctorOrder: config.corrector_order,
        lowerOrderFinal: complete && config.lower_order_final,
        extrapolates: config.algorithm_type === "noise_prediction" ? "noise" : "denoised",
        eta: 1,
        sTmin: low,
        sTmax: high,
      },
      sigmas: inRange(run, sigmas, 1),
      timesteps: inRange(run, timesteps),
      form: "variance-preserving",
    };
  },
};
