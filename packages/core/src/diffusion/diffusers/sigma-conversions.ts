// The config flags that replace a run's noise levels by another schedule over the same range.
import { sigmasBeta } from "../schedules/beta.ts";
import { sigmasExponential } from "../schedules/exponential.ts";
import { sigmasKarras } from "../schedules/karras.ts";
import type { SigmaRange } from "../schedules/types.ts";
import type { SchedulerConfig } from "./config.ts";

/** The flags. */
export const conversionDefaults = { use_karras_sigmas: false, use_exponential_sigmas: false, use_beta_sigmas: false } as const;

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
