// Reading a `scheduler_config.json`: its values checked, the defaults of its class filled in, and what the class does not read reported.
import { z } from "zod";
import { oneOf } from "../../util/one-of.ts";
import { betas, betaSchedules, rescaleToZeroTerminalSnr } from "../betas.ts";
import type { Clip } from "../clipping.ts";
import { type Discretization, discretize } from "../discretization.ts";
import { scalings } from "../parameterization.ts";

const learned = z.enum(["learned", "learned_range"]);

// Every key that a supported class reads. NaN is never a value; −∞ is one for lambda_min_clipped.
const values = {
  num_train_timesteps: z.int().min(2),
  beta_start: z.number(),
  beta_end: z.number(),
  beta_schedule: oneOf(betaSchedules),
  trained_betas: z.array(z.number()).min(2),
  rescale_betas_zero_snr: z.boolean(),
  prediction_type: oneOf(scalings),
  timestep_spacing: z.enum(["linspace", "leading", "trailing"]),
  steps_offset: z.int(),
  clip_sample: z.boolean(),
  clip_sample_range: z.number(),
  thresholding: z.boolean(),
  dynamic_thresholding_ratio: z.number().min(0).max(1),
  sample_max_value: z.number(),
  variance_type: z.enum(["fixed_small", "fixed_small_log", "fixed_large", ...learned.options]),
  set_alpha_to_one: z.boolean(),
  skip_prk_steps: z.boolean(),
  interpolation_type: z.enum(["linear", "log_linear"]),
  timestep_type: z.enum(["discrete", "continuous"]),
  use_karras_sigmas: z.boolean(),
  use_exponential_sigmas: z.boolean(),
  use_beta_sigmas: z.boolean(),
  use_lu_lambdas: z.boolean(),
  use_flow_sigmas: z.literal(false),
  use_dynamic_shifting: z.literal(false),
  sigma_min: z.number().positive(),
  sigma_max: z.number().positive(),
  final_sigmas_type: z.enum(["zero", "sigma_min"]),
  algorithm_type: z.enum([
    "dpmsolver",
    "dpmsolver++",
    "sde-dpmsolver",
    "sde-dpmsolver++",
    "deis",
    "data_prediction",
    "noise_prediction",
  ]),
  solver_order: z.int().min(1),
  solver_type: z.enum(["midpoint", "heun", "logrho", "bh1", "bh2"]),
  lower_order_final: z.boolean(),
  euler_at_final: z.boolean(),
  lambda_min_clipped: z.custom<number>((value) => typeof value === "number" && !Number.isNaN(value)),
  predict_x0: z.boolean(),
  disable_corrector: z.array(z.int()),
  original_inference_steps: z.int().min(1),
  timestep_scaling: z.number(),
  predictor_order: z.int().min(1).max(4),
  corrector_order: z.int().min(1).max(4),
  noise_sampler_seed: z.int().min(0),
  sigma_data: z.number().positive(),
  sigma_schedule: z.enum(["karras", "exponential"]),
  rho: z.number().positive(),
  snr: z.number().positive(),
  sampling_eps: z.number().positive(),
  correct_steps: z.int().min(0),
};
type Values = { [K in keyof typeof values]: z.infer<(typeof values)[K]> };

/** A config with its class's defaults filled in. Keys without a default may be missing; those the class does not read are never asked for. */
export type SchedulerConfig = Omit<Values, OptionalKey> & Partial<Pick<Values, OptionalKey>>;
type OptionalKey = "trained_betas" | "sigma_min" | "sigma_max" | "variance_type" | "noise_sampler_seed";

/** What a class reads and its defaults; `undefined` marks a key without one. */
export type ClassDefaults = { readonly [K in keyof Values]?: Values[K] | undefined };

// Parameters of features that are off, or bookkeeping: no reason for a warning.
const silent = new Set([
  "flow_shift",
  "time_shift_type",
  "shift_terminal",
  "solver_p",
  "clip_sample_range",
  "sample_max_value",
  "dynamic_thresholding_ratio",
]);

/** The values of a key that a class takes, where those are not all there are. */
export type ClassValues = { readonly [K in keyof Values]?: readonly Values[K][] };

/** Checks `config` for class `name`. Throws TypeError naming the key, what it is and what is supported. */
export function readConfig(
  name: string,
  config: Readonly<Record<string, unknown>>,
  { defaults, values: taken = {} }: { readonly defaults: ClassDefaults; readonly values?: ClassValues },
): { config: SchedulerConfig; warnings: string[] } {
  const result: Record<string, unknown> = { ...defaults };
  const warnings: string[] = [];
  for (const [key, value] of Object.entries(config)) {
    if (value === null || value === undefined || key.startsWith("_")) continue;
    if (!Object.hasOwn(defaults, key)) {
      if (!silent.has(key)) warnings.push(`Ignored "${key}" of the scheduler config: ${name} does not read it`);
      continue;
    }
    const parsed = values[key as keyof Values].safeParse(value);
    if (!parsed.success) {
      throw new TypeError(
        `Cannot read ${name}: "${key}" is ${JSON.stringify(value)} (${parsed.error.issues[0].message})`,
      );
    }
    const some: readonly unknown[] | undefined = taken[key as keyof Values];
    if (some && !some.includes(parsed.data)) {
      throw new TypeError(
        `Cannot read ${name}: "${key}" is ${JSON.stringify(value)} (one of ${some.join(", ")} is wanted)`,
      );
    }
    result[key] = parsed.data;
  }
  return { config: result as unknown as SchedulerConfig, warnings };
}

/** The noise levels a config describes. `alphaBarFloor`: what the class puts for the ᾱ of zero that zero terminal SNR ends with. */
export function discretizationOf(config: SchedulerConfig, alphaBarFloor?: number): Discretization {
  const beta = config.trained_betas
    ? Float32Array.from(config.trained_betas)
    : betas({
        steps: config.num_train_timesteps,
        schedule: config.beta_schedule,
        start: config.beta_start,
        end: config.beta_end,
      });
  return discretize(config.rescale_betas_zero_snr ? rescaleToZeroTerminalSnr(beta) : beta, { alphaBarFloor });
}

/** How a config limits the estimate of x₀; thresholding goes before clipping. */
export function clipOf(config: SchedulerConfig): Clip | undefined {
  if (config.thresholding) return { quantile: config.dynamic_thresholding_ratio, maxRange: config.sample_max_value };
  return config.clip_sample ? { range: config.clip_sample_range } : undefined;
}
