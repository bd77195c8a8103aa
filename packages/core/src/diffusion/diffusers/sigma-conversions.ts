// The config flags that replace a run's noise levels by another schedule over the same range.
import { type Discretization, timestepAt } from "../discretization.ts";
import { sigmasBeta } from "../schedules/beta.ts";
import { sigmasExponential } from "../schedules/exponential.ts";
import { sigmasKarras } from "../schedules/karras.ts";
import type { SigmaRange } from "../schedules/types.ts";
import type { SchedulerConfig } from "./config.ts";

/** The flags. */
export const conversionDefaults = {
  use_karras_sigmas: false,
  use_exponential_sigmas: false,
  use_beta_sigmas: false,
} as const;

const conversions = {
  use_karras_sigmas: (steps: number, range: SigmaRange) => sigmasKarras(steps, range),
  use_lu_lambdas: sigmasExponential,
  use_exponential_sigmas: sigmasExponential,
  use_beta_sigmas: (steps: number, range: SigmaRange) => sigmasBeta(steps, range),
} satisfies Partial<Record<keyof SchedulerConfig, (steps: number, range: SigmaRange) => number[]>>;

/** The replaced levels, without a final one, or undefined when no flag is on. Throws TypeError when two are. */
export function convertedSigmas(config: SchedulerConfig, steps: number, range: SigmaRange): number[] | undefined {
  const on = (Object.keys(conversions) as (keyof typeof conversions)[]).filter((flag) => config[flag]);
  if (on.length > 1) throw new TypeError(`Cannot use ${on.join(" and ")}: one at most is wanted`);
  return on.length === 0 ? undefined : conversions[on[0]](steps, range);
}

/**
 * The timestep diffusers gives a noise level: it keeps the table's logarithms in float32, so that σ_max may come out a little below T−1
 * (and is then cut to T−2 where a class wants integers).
 */
export function timestepOfSigma(model: Discretization, sigma: number): number {
  return timestepAt(model, sigma, float32Log);
}

const f32 = Math.fround;
const float32Log = (sigma: number) => f32(Math.log(sigma));

/** The timestep diffusers gives a level that a sampler chose itself (KDPM2's midpoints): the same, every operation in float32. */
export function timestepBetween(model: Discretization, sigma: number): number {
  const low = Math.min(Math.floor(timestepOfSigma(model, sigma)), model.sigmas.length - 2);
  const [logLow, logHigh] = [float32Log(model.sigmas[low]), float32Log(model.sigmas[low + 1])];
  const w = Math.min(Math.max(f32(f32(logLow - float32Log(f32(sigma))) / f32(logLow - logHigh)), 0), 1);
  return f32(f32(f32(1 - w) * low) + f32(w * (low + 1)));
}
