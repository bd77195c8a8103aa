// A sampling plan: everything that fixes a run but the network and the noise. It comes from a user's choice of sampler and schedule
// (`planFor`, here) or from a published scheduler config (`planFromDiffusers`), and `runPlan` executes it.
import type { Clip } from "./clipping.ts";
import type { ConsistencyBoundary } from "./denoiser.ts";
import { type Discretization, sigmaAt, timestepAt } from "./discretization.ts";
import type { Parameterization } from "./parameterization.ts";
import { checkSettings, type SamplerId, type SamplerRow, samplerTable } from "./samplers/index.ts";
import type { SamplerSettings } from "./samplers/types.ts";
import { type ScheduleId, scheduleSigmas } from "./schedules/index.ts";
import type { ScheduleSettings } from "./schedules/types.ts";

/** How a network was trained, as far as sampling needs to know. */
export interface ModelDiffusion {
  readonly discretization: Discretization;
  readonly prediction: Parameterization;
  /** What the network is told of a noise level, when that is not the timestep of `discretization`. */
  readonly timestepOf?: (sigma: number) => number;
  /** The range of its data, for pixel models. */
  readonly clip?: Clip;
  /** What the second half of its channels is, when it has one: the reverse variance, or a fraction between its bounds. */
  readonly learnedVariance?: "learned" | "learned_range";
  /** For consistency models. */
  readonly boundary?: ConsistencyBoundary;
}

/** A run, but for network and noise. */
export interface SamplingPlan extends ModelDiffusion {
  readonly sampler: SamplerId;
  readonly settings: SamplerSettings;
  /** Noise levels: where each step (for plms and pndm, each network call) is evaluated, then where the run ends. */
  readonly sigmas: readonly number[];
  /** What the network is told at sigmas[i] (by ddim_inverse, at sigmas[i+1]); one less than `sigmas`. */
  readonly timesteps: readonly number[];
  /** The timestep for any noise level: `timesteps` on the plan's own, interpolated elsewhere. */
  readonly timestepOf: (sigma: number) => number;
  /** A run from pure noise starts at x = initialScale·N(0,1), one from data at x₀ + sigmas[0]·N(0,1); with rising levels, at initialScale·x₀. */
  readonly initialScale: number;
  /** The last x times this is the result: not 1 when a run that is variance-preserving elsewhere ends above σ = 0. */
  readonly finalScale: number;
  /** `clip` limits x₀ inside the sampler only (DDIM's noise estimate stays unclipped). */
  readonly clipInSampler?: boolean;
  /** Noise along one path over σ (brownian.ts), so that it does not depend on the number of steps; else every draw is on its own. */
  readonly noise?: "brownian";
  /** The seed of that path, when the plan fixes it. */
  readonly noiseSeed?: number;
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
  /** The numbers in the schedule's formula; those left out are its usual ones. */
  readonly scheduleSettings?: ScheduleSettings;
  readonly steps?: number;
  /** The noise levels themselves, falling, the last one (usually 0) included. */
  readonly sigmas?: readonly number[];
  /** The timesteps themselves, falling; the run ends at σ = 0. */
  readonly timesteps?: readonly number[];
  readonly settings?: SamplerSettings;
  /** Left out: the sampler's own, independent draws for most. */
  readonly noise?: "independent" | "brownian";
}

/** The plan for a chosen sampler on `model`. Throws TypeError or RangeError for a setting or level the sampler cannot use. */
export function planFor(model: ModelDiffusion, choice: PlanChoice): SamplingPlan {
  const { sampler, begin = 0 } = choice;
  const row: SamplerRow = samplerTable[sampler];
  const given = {
    ...(sampler === "ddpm" && model.learnedVariance ? { variance: model.learnedVariance } : {}),
    ...choice.settings,
  };
  checkSettings(sampler, given);
  const all = row.rising ? risingSigmas(model.discretization, choice) : chosenSigmas(model.discretization, choice);
  const { end = all.length - 1 } = choice;
  checkRange({ begin, end }, all.length - 1);
  const sigmas = all.slice(begin, end + 1);
  const timestepOf = model.timestepOf ?? ((sigma: number) => timestepAt(model.discretization, sigma));
  const plan: SamplingPlan = {
    ...model,
    boundary: row.boundary ? (model.boundary ?? defaultBoundary) : undefined,
    sampler,
    settings: { ...row.fromModel?.({ model, sigmas, settings: given }), ...given },
    ...timed({ sigmas, timestepOf, levels: row.evaluatesAtEnd ? sigmas.slice(1) : undefined }),
    clipInSampler: row.evaluatesAtEnd, // of the estimate, read at another level, nothing is to be cut off before
    noise: row.brownian === "default" ? "brownian" : undefined,
    initialScale: row.rising ? 1 : sigmas[0],
    finalScale: 1,
    warnings: [],
  };
  return withNoise(plan, choice.noise);
}

/** `plan` with the noise that is asked for. Throws TypeError when its sampler has no use for a Brownian path. */
export function withNoise(plan: SamplingPlan, noise: PlanChoice["noise"]): SamplingPlan {
  if (noise === undefined) return plan;
  const { sampler, settings } = plan;
  const { kind, brownian } = samplerTable[sampler];
  const { eta = kind === "sde" ? 1 : 0 } = settings;
  if (noise === "brownian" && (brownian === undefined || eta === 0)) {
    const able = Object.entries(samplerTable).flatMap(([id, row]) => (row.brownian && row.kind === "sde" ? [id] : []));
    const fault = eta === 0 ? "it draws no noise" : "it takes independent draws only";
    throw new TypeError(`Cannot plan ${sampler} with Brownian noise: ${fault} (${able.join(", ")} take a path)`);
  }
  return { ...plan, noise: noise === "brownian" ? noise : undefined };
}

/** LCM's own constants (arXiv 2310.04378, §4.1). */
const defaultBoundary: ConsistencyBoundary = { timestepScaling: 10, sigmaData: 0.5 };

interface Timed {
  readonly sigmas: readonly number[];
  /** For levels that are not the plan's own. */
  readonly timestepOf: (sigma: number) => number;
  /** Where the network is called, one less than `sigmas`: all but the last, if not given. */
  readonly levels?: readonly number[];
  /** What it is told there, if not `timestepOf`. */
  readonly timesteps?: readonly number[];
}

/** `sigmas` with their timesteps. */
export function timed(run: Timed): Pick<SamplingPlan, "sigmas" | "timesteps" | "timestepOf"> {
  const { sigmas, timestepOf, levels = sigmas.slice(0, -1), timesteps = levels.map(timestepOf) } = run;
  const known = new Map(timesteps.map((timestep, i) => [levels[i], timestep]));
  return { sigmas, timesteps, timestepOf: (sigma) => known.get(sigma) ?? timestepOf(sigma) };
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
  { sampler, schedule, scheduleSettings, steps, sigmas, timesteps }: PlanChoice,
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
  if (steps !== undefined) {
    return scheduleSigmas(schedule ?? samplerTable[sampler].schedule, steps, discretization, scheduleSettings);
  }
  const levels = sigmas ?? [...timesteps!.map((t) => sigmaAt(discretization, t)), 0];
  if (levels.length < 2 || levels.some((sigma, i) => !(sigma >= 0) || (i > 0 && sigma >= levels[i - 1]))) {
    throw new RangeError(`Cannot plan a run over the given ${names[0]}: two or more falling noise levels are wanted`);
  }
  return levels;
}

// The same levels from the low end up. Where they cannot start at 0, a step more is laid out and that to 0 left out.
function risingSigmas(discretization: Discretization, choice: PlanChoice): readonly number[] {
  const fromZero = samplerTable[choice.sampler].evaluatesAtEnd;
  const steps = fromZero || choice.steps === undefined ? choice.steps : choice.steps + 1;
  const levels = [...chosenSigmas(discretization, { ...choice, steps })].reverse();
  return !fromZero && levels[0] === 0 ? levels.slice(1) : levels;
}
