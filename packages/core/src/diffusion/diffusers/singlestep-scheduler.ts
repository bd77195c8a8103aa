// DPMSolverSinglestepScheduler: the timesteps of the multistep family ("linspace" only), and an order for each step.
import { blockOrders } from "../samplers/singlestep.ts";
import { algorithmWarnings, lastTimestep, multistepDefaults, multistepLevels } from "./multistep-family.ts";
import { inRange, type SchedulerClass, without } from "./run.ts";

/** DPMSolverSinglestepScheduler: both algorithms, orders 1 to 3; the data-predicting one as ODE and SDE. */
export const dpmSolverSinglestepScheduler: SchedulerClass = {
  defaults: {
    ...without(multistepDefaults, "rescale_betas_zero_snr", "timestep_spacing", "steps_offset"),
    algorithm_type: "dpmsolver++",
    solver_type: "midpoint",
    lower_order_final: false,
    lambda_min_clipped: -Infinity,
    variance_type: undefined,
  },
  values: { algorithm_type: ["dpmsolver", "dpmsolver++", "sde-dpmsolver++", "deis"] },
  takes: ["timesteps"],
  plan: (config, run, model) => {
    const { algorithm_type: type, solver_order: order } = config;
    if (order > 3) throw new RangeError(`Cannot plan ${type} of order ${order}: 1 to 3 is wanted`);
    const toZero = config.final_sigmas_type === "zero";
    if (type === "dpmsolver" && toZero) {
      throw new TypeError(
        'Cannot plan DPMSolverSinglestepScheduler: final_sigmas_type is "zero" for "dpmsolver" ("sigma_min" is wanted)',
      );
    }
    const spaced = { ...config, timestep_spacing: "linspace" as const, steps_offset: 0 };
    const { sigmas, timesteps } = multistepLevels(spaced, run, model, { last: lastTimestep(config, model) });
    const complete = config.lower_order_final || toZero || timesteps.length % order !== 0;
    const stochastic = type === "sde-dpmsolver++";
    const common = {
      orders: inRange(run, blockOrders(timesteps.length, order, { complete, toZero })),
      solverType: config.solver_type === "heun" ? "heun" : "midpoint",
    } as const;
    return {
      ...(type === "dpmsolver"
        ? { sampler: "dpm_singlestep", settings: common }
        : order === 1
          ? { sampler: stochastic ? "euler_ancestral" : "euler", settings: {} }
          : {
              sampler: order === 2 ? "dpmpp_2s" : "dpmpp_3s",
              settings: {
                ...common,
                ...(stochastic ? { eta: 1 } : {}),
                ...(order === 3 && stochastic ? { diffusersThirdOrder: true } : {}),
              },
            }),
      sigmas: inRange(run, sigmas, 1),
      timesteps: inRange(run, timesteps),
      form: "variance-preserving",
      warnings: algorithmWarnings("DPMSolverSinglestepScheduler", config),
    };
  },
};
