// From options to a run of a sampler: which plan, which part of it, from which x.

import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import { diffusionFromDiffusers, planFromDiffusers, schedulerClasses } from "../diffusion/from-diffusers.ts";
import type { SchedulerConfigJson } from "../diffusion/from-diffusers.ts";
import { noised } from "../diffusion/noise.ts";
import { planFor, timed, withNoise } from "../diffusion/plan.ts";
import type { PlanRange, SamplingPlan } from "../diffusion/plan.ts";
import { runPlan } from "../diffusion/run-plan.ts";
import type { RunOptions } from "../diffusion/run-plan.ts";
import { samplerTable } from "../diffusion/samplers/index.ts";
import type { SamplerOptions } from "../diffusion/samplers/types.ts";
import { scaled } from "../tensor/lincomb.ts";
import type { GuidedNetwork } from "./guided-network.ts";
import type { Start } from "./initial-latents.ts";
import { keepKnown } from "./inpaint-blend.ts";
import type { KnownRegion } from "./inpaint-blend.ts";
import type { ResolvedOptions } from "./options.ts";
import { noiseCode } from "./upscale-latents.ts";

/** A planned run. */
export interface Sampling {
  readonly plan: SamplingPlan;
  /** Network evaluations are made at this many noise levels. */
  readonly steps: number;
  /** The sampler goes on from the negative half of guidance (CFG++), whatever the scale. */
  readonly needsNegative: boolean;
  /**
   * From `start` to latents: clean ones, or with `denoisingEnd` those of the level it ends at (x₀ + σ·ε). Throws
   * TypeError when the sampler is one of CFG++ and the network has no negative condition.
   */
  sample(
    network: GuidedNetwork,
    options: SamplerOptions & {
      readonly start: Start;
      /** What of a picture to keep. */
      readonly known?: KnownRegion;
      /** Seed of a Brownian path, and the picture's part of it; left out, it begins from drawn noise. */
      readonly brownian?: Pick<RunOptions, "noiseSeed" | "noiseBatch">;
    },
  ): Promise<Float32Array>;
}

/**
 * The run that `options` describe: the sampler and schedule they name, or else what the checkpoint's scheduler config
 * says, exactly as diffusers would do it. Throws TypeError or RangeError on a combination that cannot run.
 */
export function planSampling(
  checkpoint: Pick<Checkpoint, "scheduler" | "prediction"> & Partial<Pick<Checkpoint, "task">>,
  options: ResolvedOptions & { steps: number },
  { fromPicture }: { fromPicture: boolean },
): Sampling {
  const isCounted = options.timesteps === undefined && options.sigmas === undefined;
  const planned = (range: PlanRange, steps: number): SamplingPlan =>
    chosenPlan(checkpoint, { ...options, steps }, range);

  const rule = strengthRules[options.strengthSteps];
  const asked = fromPicture && isCounted ? rule.steps(options.steps, options.strength) : options.steps;
  const whole = planned({}, asked);
  const row = samplerTable[whole.sampler];
  if (whole.sigmas[0] < whole.sigmas[1])
    throw new TypeError(
      `Cannot generate with ${whole.sampler}: it turns pictures into noise (a sampler that makes pictures is wanted)`,
    );
  // Classes with more entries than steps (PLMS calls one step's network twice) are cut by steps, as diffusers cuts them.
  const steps = isCounted ? Math.min(asked, whole.timesteps.length) : whole.timesteps.length;
  const range = rangeOf(whole, options, fromPicture ? rule.begin(steps, options) : undefined);
  const part = range === undefined ? whole : planned(range, asked);
  const plan =
    checkpoint.task === "latent-upscaling"
      ? { ...part, ...timed({ sigmas: part.sigmas, timestepOf: noiseCode }) }
      : part;
  const handsOver = options.denoisingEnd !== undefined;
  return {
    plan,
    steps: plan.timesteps.length,
    needsNegative: row.usesUnconditional === true,
    async sample(network, { start, known, brownian, ...run }) {
      if (row.usesUnconditional && network.unconditional === undefined) {
        throw new TypeError(
          `Cannot sample with ${plan.sampler} without guidance: CFG++ needs the prediction for the negative prompt (a guidanceScale above 1 is wanted)`,
        );
      }
      const x =
        start.kind === "noise"
          ? scaled(start.noise, initialScale(plan, options.initialNoise))
          : start.kind === "noisy"
            ? start.latents
            : noised(start.latents, start.noise, plan.sigmas[0]);
      const keep = known && keepKnown(known, plan.sigmas);
      const latents = await runPlan(handsOver ? { ...plan, finalScale: 1 } : plan, network, x, {
        ...run,
        ...brownian,
        beforeEvaluation: keep?.beforeEvaluation,
        afterEvaluation: keep?.afterEvaluation,
        unconditional: network.unconditional,
      });
      keep?.atEnd(latents, handsOver ? plan.sigmas.at(-1)! : 0);
      return latents;
    },
  };
}

/** The options that say which noise levels are stepped through, and how. */
export type PlanOptions = Pick<
  ResolvedOptions,
  | "scheduler"
  | "sampler"
  | "schedule"
  | "scheduleSettings"
  | "eta"
  | "noise"
  | "timesteps"
  | "sigmas"
  | "discardPenultimate"
> & {
  readonly steps: number;
  /** Of DDIM by its scheduler config: the noise is that of the clipped estimate (diffusers' use_clipped_model_output). */
  readonly clippedNoise?: boolean;
};

/** The plan for `options`, or `range` of it: by the sampler and schedule they name, or what the checkpoint's scheduler config says. */
export function chosenPlan(
  checkpoint: Pick<Checkpoint, "scheduler" | "prediction">,
  options: PlanOptions,
  range: PlanRange = {},
): SamplingPlan {
  const { scheduler, sampler, schedule, scheduleSettings, eta, noise, timesteps, sigmas, steps } = options;
  if (scheduleSettings !== undefined && schedule === undefined)
    throw new TypeError("Cannot plan a run with scheduleSettings alone (schedule is wanted with them)");
  const config = scheduler ?? { ...checkpoint.scheduler, prediction_type: checkpoint.prediction };
  const counted = timesteps ? { timesteps } : sigmas ? { sigmas } : { steps };
  const discards = options.discardPenultimate === "on" && "steps" in counted;
  if (sampler === undefined && schedule === undefined && !discards)
    return withNoise(
      planFromDiffusers(config, {
        ...counted,
        ...range,
        eta,
        ...(options.clippedNoise && { useClippedModelOutput: true }),
      }),
      noise,
    );
  const model = diffusionOf(config);
  const choice = {
    sampler: sampler ?? planFromDiffusers(config, { steps }).sampler,
    settings: eta === undefined ? undefined : { eta },
    noise,
  };
  const own = { schedule, scheduleSettings };
  if (!discards) return planFor(model, { ...choice, ...own, ...counted, ...range });
  const whole = planFor(model, { ...choice, ...own, steps: steps + 1 }).sigmas;
  return planFor(model, { ...choice, sigmas: [...whole.slice(0, -2), whole.at(-1)!], ...range });
}

/** What N(0,1) noise is multiplied by to start from. */
function initialScale(
  { initialScale: own, sigmas: [sigma], discretization }: SamplingPlan,
  rule: ResolvedOptions["initialNoise"],
): number {
  if (rule === "plan") return own;
  const isNoisiest = sigma >= discretization.sigmas.at(-1)! * (1 - 1e-5);
  return rule === "sgm" && isNoisiest ? Math.sqrt(1 + sigma ** 2) : sigma;
}

/** Which steps a strength leaves. */
interface StrengthRule {
  /** Steps to plan for those asked for. */
  readonly steps: (asked: number, strength: number) => number;
  /** How many of the planned ones to leave out at the start. */
  readonly begin: (planned: number, asked: { readonly strength: number; readonly steps: number }) => number;
}

// A1111 stops short of strength 1, and does one step more than the strength says.
const below1 = (strength: number): number => Math.min(strength, 0.999);

/** The rules: diffusers' get_timesteps; A1111's; and A1111's when it does "exactly the amount of steps the slider specifies". */
const strengthRules: Record<ResolvedOptions["strengthSteps"], StrengthRule> = {
  diffusers: {
    steps: (asked) => asked,
    begin: (planned, { strength }) => planned - Math.min(Math.floor(planned * strength), planned),
  },
  a1111: {
    steps: (asked) => asked,
    begin: (planned, { strength }) => planned - 1 - Math.min(Math.floor(planned * below1(strength)), planned - 1),
  },
  exact: {
    steps: (asked, strength) => Math.floor(asked / below1(strength)),
    begin: (planned, { steps }) => Math.max(planned - steps, 0),
  },
};

/** The part of `plan` to run, or undefined for all of it; `begin` is what a picture's strength leaves out. */
function rangeOf(
  { timesteps, discretization }: SamplingPlan,
  { strength, denoisingStart, denoisingEnd }: ResolvedOptions,
  begin: number | undefined,
): PlanRange | undefined {
  // Both cut at a timestep, as diffusers' SDXL pipelines do.
  const cutoff = (part: number) => Math.round(discretization.sigmas.length * (1 - part));
  const first = (part: number) => {
    const index = timesteps.findIndex((t) => t < cutoff(part));
    return index < 0 ? timesteps.length : index;
  };
  const end = denoisingEnd === undefined ? undefined : first(denoisingEnd);
  if (denoisingStart !== undefined) return { begin: first(denoisingStart), end };
  if (begin !== undefined) {
    if (begin >= timesteps.length)
      throw new RangeError(
        `Cannot generate from a picture: strength ${strength} of ${begin} steps is none (a larger strength or more steps are wanted)`,
      );
    return { begin, end };
  }
  return end === undefined ? undefined : { end };
}

/** How the model was trained, also where its scheduler's class is one that this program does not have. */
function diffusionOf(config: SchedulerConfigJson) {
  return diffusionFromDiffusers(
    Object.hasOwn(schedulerClasses, String(config._class_name)) ? config : { ...config, _class_name: "DDPMScheduler" },
  );
}
