// A sampling plan: everything that fixes a run but the network and the noise. It comes from a user's choice of sampler and schedule
// (`planFor`, here) or from a published scheduler config (`planFromDiffusers`), and `runPlan` executes it.
import type { Clip } from "./clipping.ts";
import type { ConsistencyBoundary } from "./denoiser.ts";
import { type Discretization, sigmaAt, timestepAt } from "./discretization.ts";
import type { Prediction } from "./parameterization.ts";
import { checkSettings, type SamplerId, samplerTable } from "./samplers/index.ts";
import type { SamplerSettings } from "./samplers/types.ts";
import { type ScheduleId, scheduleSigmas } from "./schedules/index.ts";

/** How a network was trained, as far as sampling needs to know. */
export interface ModelDiffusion {
  readonly discretization: Discretization;
  readonly prediction: Prediction;
  /** The range of its data, for pixel models. */
  readonly clip?: Clip;
  /** What the second half of its channels is, when it has one: the reverse variance, or a fraction between its bounds. */
  readonly learnedVariance?: "learned" | "learned_range";
  /** For consistency models. */
  readonly boundary?: ConsistencyBoundary;
}

export interface SamplingPlan extends ModelDiffusion {
  readonly sampler: SamplerId;
  readonly settings: SamplerSettings;
  /** Noise levels: where each step (for plms and pndm, each network call) is evaluated, then where the run ends. */
  readonly sigmas: readonly number[];
  /** What the network is told at sigmas[i]; one less than `sigmas`. */
  readonly timesteps: readonly number[];
  /** The timestep for any noise level: `timesteps` on the plan's own, interpolated elsewhere. */
  readonly timestepOf: (sigma: number) => number;
  /** A run from pure noise starts at x = initialScale·N(0,1); one from data at x₀ + sigmas[0]·N(0,1). */
  readonly initialScale: number;
  /** The last x times this is the result: not 1 when a run that is variance-preserving elsewhere ends above σ = 0. */
  readonly finalScale: number;
  /** `clip` limits x₀ inside the sampler only (DDIM's noise estimate stays unclipped). */
  readonly clipInSampler?: boolean;
  /** What the caller should be told: options without effect, values replaced. */
  readonly warnings: readonly string[];
}

/** The part of a run to do: entries of the full plan's `timesteps`, from `begin` up to `end`. */
export interface PlanRange {
  /** Entries to leave out at the start: image-to-image, a refiner. */
  readonly begin?: number;
  /** Where to stop, before the last entry: latents for a refiner. */
  readonly end?: number;
}

/** A choice of sampler and noise levels; one of `steps`, `sigmas` or `timesteps` says how many. */
export interface PlanChoice extends PlanRange {
  readonly sampler: SamplerId;
  /** Left out: the sampler's own. */
  readonly schedule?: ScheduleId;
  readonly steps?: number;
  /** The noise levels themselves, falling, the last one (usually 0) included. */
  readonly sigmas?: readonly number[];
  /** The timesteps themselves, falling; the run ends at σ = 0. */
  readonly timesteps?: readonly number[];
  readonly settings?: SamplerSettings;
}

/** The plan for a chosen sampler on `model`. Throws TypeError or RangeError for a setting or level the sampler cannot use. */
export function planFor(model: ModelDiffusion, choice: PlanChoice): SamplingPlan {
  const { sampler, begin = 0 } = choice;
  const settings = {
    ...(sampler === "ddpm" && model.learnedVariance ? { variance: model.learnedVariance } : {}),
    ...choice.settings,
  };
  checkSettings(sampler, settings);
  const all = chosenSigmas(model.discretization, choice);
  const { end = all.length - 1 } = choice;
  checkRange({ begin, end }, all.length - 1);
  const sigmas = all.slice(begin, end + 1);
  return {
    ...model,
    boundary: samplerTable[sampler].consistencyModel ? (model.boundary ?? defaultBoundary) : undefined,
    sampler,
    settings,
    ...timed(sigmas, (sigma) => timestepAt(model.discretization, sigma)),
    initialScale: sigmas[0],
    finalScale: 1,
    warnings: [],
  };
}

/** LCM's own constants (arXiv 2310.04378, §4.1). */
export const defaultBoundary: ConsistencyBoundary = { timestepScaling: 10, sigmaData: 0.5 };

/** `sigmas` with their timesteps: `timesteps` where given (one less), those of `interpolated` otherwise and between. */
export function timed(
  sigmas: readonly number[],
  interpolated: (sigma: number) => number,
  timesteps: readonly number[] = sigmas.slice(0, -1).map(interpolated),
): Pick<SamplingPlan, "sigmas" | "timesteps" | "timestepOf"> {
  const known = new Map(timesteps.map((timestep, i) => [sigmas[i], timestep]));
  return { sigmas, timesteps, timestepOf: (sigma) => known.get(sigma) ?? interpolated(sigma) };
}

/** Throws RangeError unless 0 ≤ begin < end ≤ entries. */
export function checkRange({ begin, end }: Required<PlanRange>, entries: number): void {
  if (![begin, end].every(Number.isInteger) || begin < 0 || begin >= end || end > entries) {
    throw new RangeError(
      `Cannot plan entries ${begin} to ${end}: a run of ${entries} is wanted in order (0 ≤ begin < end ≤ ${entries})`,
    );
  }
}

function chosenSigmas(
  discretization: Discretization,
  { sampler, schedule, steps, sigmas, timesteps }: PlanChoice,
): readonly number[] {
  const given = { steps, sigmas, timesteps };
  const names = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (names.length !== 1) {
    throw new TypeError(
      `Cannot plan a run from ${names.join(" and ") || "nothing"}: one of steps, sigmas, timesteps is wanted`,
    );
  }
  if (steps === undefined && schedule !== undefined) {
    throw new TypeError(`Cannot plan a run: a schedule (${schedule}) is of no use with ${names[0]}`);
  }
  if (steps !== undefined) return scheduleSigmas(schedule ?? samplerTable[sampler].schedule, steps, discretization);
  const levels = sigmas ?? [...timesteps!.map((t) => sigmaAt(discretization, t)), 0];
  if (levels.length < 2 || levels.some((sigma, i) => !(sigma >= 0) || (i > 0 && sigma >= levels[i - 1]))) {
    throw new RangeError(`Cannot plan a run over the given ${names[0]}: two or more falling noise levels are wanted`);
  }
  return levels;
}
