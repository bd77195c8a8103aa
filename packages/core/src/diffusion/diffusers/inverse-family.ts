// DDIMInverseScheduler and DPMSolverMultistepInverseScheduler: from data to noise, over rising levels.
import { sigmaAtLinear } from "../discretization.ts";
import { linspace, roundHalfEven, spacedTimesteps } from "../spacing.ts";
import { algorithm, algorithmWarnings, FEW_STEPS, lastTimestep, multistepDefaults } from "./multistep-family.ts";
import { clipDefaults } from "./ddpm-family.ts";
import { commonDefaults, inRange, type SchedulerClass, stepCount, without } from "./run.ts";
import { convertedSigmas, timestepOfSigma } from "./sigma-conversions.ts";

/** DDIMInverseScheduler: DDIM's steps upwards. */
export const ddimInverseScheduler: SchedulerClass = {
  defaults: {
    ...commonDefaults,
    clip_sample: clipDefaults.clip_sample,
    clip_sample_range: clipDefaults.clip_sample_range,
    timestep_spacing: "leading",
    rescale_betas_zero_snr: false,
    set_alpha_to_one: true,
  },
  values: { timestep_spacing: ["leading", "trailing"] },
  takes: [],
  plan: (config, run, { sigmas: table }) => {
    const trainSteps = config.num_train_timesteps;
    const steps = stepCount(run, trainSteps);
    const all = spacedTimesteps(config.timestep_spacing, { steps, trainSteps, offset: config.steps_offset }).reverse();
    // The network is told the timestep a step goes to; it comes from ⌊T/n⌋ below, wherever the last one went.
    const stride = Math.floor(trainSteps / steps);
    const initial = config.set_alpha_to_one ? 0 : table[0];
    const [starts, targets] = [all.map((t) => (t < stride ? initial : table[t - stride])), all.map((t) => table[t])];
    const ends = inRange(run, targets);
    return {
      sampler: "ddim_inverse",
      settings: { prediction: config.prediction_type, targets: ends },
      sigmas: [...inRange(run, starts), ends[ends.length - 1]],
      timesteps: inRange(run, all),
      levels: ends,
      form: "variance-preserving",
      clipInSampler: true,
    };
  },
};

/** DPMSolverMultistepInverseScheduler: the deterministic algorithms, upwards. */
export const dpmSolverMultistepInverseScheduler: SchedulerClass = {
  defaults: {
    ...without(multistepDefaults, "rescale_betas_zero_snr", "final_sigmas_type", "use_dynamic_shifting"),
    algorithm_type: "dpmsolver++",
    solver_type: "midpoint",
    euler_at_final: false,
    lambda_min_clipped: -Infinity,
    variance_type: undefined,
  },
  // Noise would have to be taken away for the stochastic ones.
  values: { algorithm_type: ["dpmsolver", "dpmsolver++", "deis"] },
  takes: [],
  plan: (config, run, model) => {
    const trainSteps = config.num_train_timesteps;
    const steps = stepCount(run, trainSteps);
    const last = lastTimestep(config, model);
    const options = { steps, trainSteps, lastTimestep: last, offset: config.steps_offset };
    const spaced =
      config.timestep_spacing === "trailing"
        ? spacedTimesteps("trailing", options).reverse()
        : config.timestep_spacing === "leading"
          ? Array.from({ length: steps }, (_, i) => i * Math.floor(last / (steps + 1)) + config.steps_offset)
          : linspace(0, last - 1, steps + 1)
              .slice(0, -1)
              .map(roundHalfEven);
    const converted = convertedSigmas(config, steps, { sigmaMin: model.sigmaMax, sigmaMax: model.sigmaMin });
    const levels = converted ?? spaced.map((t) => sigmaAtLinear(model, t));
    const timesteps = converted
      ? converted.map((sigma) => (config.use_karras_sigmas ? roundHalfEven : Math.floor)(timestepOfSigma(model, sigma)))
      : spaced;
    const complete = (run.end ?? timesteps.length) === timesteps.length;
    return {
      ...algorithm(config.algorithm_type, config.solver_order, {
        solverType: config.solver_type === "heun" ? "heun" : "midpoint",
        lowerOrderFinal: complete && config.lower_order_final && timesteps.length < FEW_STEPS,
        eulerAtFinal: complete && config.euler_at_final,
      }),
      sigmas: inRange(
        run,
        [...levels, converted ? levels[levels.length - 1] : model.sigmas[last - 1]].map(Math.fround),
        1,
      ),
      timesteps: inRange(run, timesteps),
      form: "variance-preserving",
      warnings: algorithmWarnings("DPMSolverMultistepInverseScheduler", config),
    };
  },
};
