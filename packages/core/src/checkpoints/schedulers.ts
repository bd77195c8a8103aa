// The sampling defaults of each family as a scheduler_config.json, for files that come without one. They are what
// diffusers' from_single_file takes from the family's reference repository: v1-5 PNDM, 2-1 DDIM, XL Euler.

import type { ModelFamily, Prediction } from "./checkpoint.ts";

/** The noise schedule that every Stable Diffusion so far was trained with. */
const trained = {
  num_train_timesteps: 1000,
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: "scaled_linear",
  trained_betas: null,
};
const leading = { timestep_spacing: "leading", steps_offset: 1 };

const pndm = { _class_name: "PNDMScheduler", ...trained, ...leading, set_alpha_to_one: false, skip_prk_steps: true };
const ddim = {
  _class_name: "DDIMScheduler",
  ...trained,
  ...leading,
  set_alpha_to_one: false,
  clip_sample: false,
  clip_sample_range: 1,
  thresholding: false,
  dynamic_thresholding_ratio: 0.995,
  sample_max_value: 1,
  rescale_betas_zero_snr: false,
};
const euler = {
  _class_name: "EulerDiscreteScheduler",
  ...trained,
  ...leading,
  interpolation_type: "linear",
  use_karras_sigmas: false,
  use_exponential_sigmas: false,
  use_beta_sigmas: false,
  sigma_min: null,
  sigma_max: null,
  timestep_type: "discrete",
  rescale_betas_zero_snr: false,
  final_sigmas_type: "zero",
};

/**
 * The default scheduler_config.json of a family. Training to zero terminal SNR asks for a last timestep without
 * signal, hence for rescaled betas and steps counted from the end (arXiv 2305.08891), which PNDM cannot take.
 */
export function defaultScheduler(
  family: ModelFamily,
  { prediction, zeroSnr = false }: { prediction: Prediction; zeroSnr?: boolean },
): Record<string, unknown> {
  const isXl = family === "sdxl" || family === "sdxl-refiner";
  const base = isXl ? euler : prediction === "epsilon" && !zeroSnr ? pndm : ddim;
  return {
    ...base,
    prediction_type: prediction,
    ...(zeroSnr ? { rescale_betas_zero_snr: true, timestep_spacing: "trailing" } : {}),
  };
}

/** Playground v2.5: EDM preconditioning (arXiv 2206.00364) with its second-order multistep solver. */
export const playgroundScheduler: Readonly<Record<string, unknown>> = {
  _class_name: "EDMDPMSolverMultistepScheduler",
  num_train_timesteps: 1000,
  prediction_type: "epsilon",
  sigma_min: 0.002,
  sigma_max: 80,
  sigma_data: 0.5,
  rho: 7,
  algorithm_type: "dpmsolver++",
  solver_order: 2,
  solver_type: "midpoint",
  lower_order_final: true,
  euler_at_final: false,
  final_sigmas_type: "zero",
  thresholding: false,
  dynamic_thresholding_ratio: 0.995,
  sample_max_value: 1,
};

/** CosXL: v-prediction in the EDM frame over an exponential range of noise that the file itself states. */
export function cosXlScheduler({
  sigmaMin,
  sigmaMax,
}: {
  sigmaMin: number;
  sigmaMax: number;
}): Record<string, unknown> {
  return {
    _class_name: "EDMEulerScheduler",
    num_train_timesteps: 1000,
    prediction_type: "v_prediction",
    sigma_min: sigmaMin,
    sigma_max: sigmaMax,
    sigma_data: 1,
    rho: 7,
    sigma_schedule: "exponential",
    final_sigmas_type: "zero",
  };
}
