// From options to a run of a sampler: which plan, which part of it, from which x.

import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import { diffusionFromDiffusers, planFromDiffusers, schedulerClasses } from "../diffusion/from-diffusers.ts";
import type { SchedulerConfigJson } from "../diffusion/from-diffusers.ts";
import { noised } from "../diffusion/noise.ts";
import { planFor } from "../diffusion/plan.ts";
import type { PlanRange, SamplingPlan } from "../diffusion/plan.ts";
import { runPlan } from "../diffusion/run-plan.ts";
import type { SamplerId } from "../diffusion/samplers/index.ts";
import { samplerTable } from "../diffusion/samplers/index.ts";
import type { SamplerOptions } from "../diffusion/samplers/types.ts";
import type { ScheduleId } from "../diffusion/schedules/index.ts";
import { scaled } from "../tensor/lincomb.ts";
import type { GuidedNetwork } from "./guided-network.ts";
import type { Start } from "./initial-latents.ts";
import type { ResolvedOptions } from "./options.ts";

/** A planned run. */
export interface Sampling {
  readonly plan: SamplingPlan;
  /** Network evaluations are made at this many noise levels. */
  readonly steps: number;
  /** The sampler goes on from the negative half of guidance (CFG++), whatever the scale. */
  readonly needsNegative: boolean;
  /**
   * From pure noise, or from `start`, to latents: clean ones, or with `denoisingEnd` those of the level it ends at (x₀ + σ·ε). Throws
   * TypeError when the sampler is one of CFG++ and the network has no negative condition.
   */
  sample(
    network: GuidedNetwork,
    options: SamplerOptions & { readonly start: Start | undefined },
  ): Promise<Float32Array>;
}

/**
 * The run that `options` describe: the sampler and schedule they name, or else what the checkpoint's scheduler config
 * says, exactly as diffusers would do it. Throws TypeError or RangeError on a combination that cannot run.
 */
export function planSampling(
  checkpoint: Pick<Checkpoint, "scheduler" | "prediction">,
  options: ResolvedOptions & { steps: number },
  { fromPicture }: { fromPicture: boolean },
): Sampling {
  const config = options.scheduler ?? { ...checkpoint.scheduler, prediction_type: checkpoint.prediction };
  const count = options.timesteps
    ? { timesteps: options.timesteps }
    : options.sigmas
      ? { sigmas: options.sigmas }
      : { steps: options.steps };
  const planned = (range: PlanRange): SamplingPlan => {
    const { sampler, schedule, eta } = options;
    if (sampler === undefined && schedule === undefined) return planFromDiffusers(config, { ...count, ...range, eta });
    const id = (sampler as SamplerId | undefined) ?? planFromDiffusers(config, { steps: options.steps }).sampler;
    return planFor(diffusionOf(config), {
      sampler: id,
      schedule: schedule as ScheduleId | undefined,
      ...count,
      ...range,
      settings: eta === undefined ? undefined : { eta },
    });
  };

  const whole = planned({});
  const row = samplerTable[whole.sampler];
  if (whole.sigmas[0] < whole.sigmas[1])
    throw new TypeError(
      `Cannot generate with ${whole.sampler}: it turns pictures into noise (a sampler that makes pictures is wanted)`,
    );
  const range = rangeOf(whole, options, fromPicture);
  const plan = range === undefined ? whole : planned(range);
  const handsOver = options.denoisingEnd !== undefined;
  return {
    plan,
    steps: plan.timesteps.length,
    needsNegative: row.usesUnconditional === true,
    async sample(network, { start, ...run }) {
      if (row.usesUnconditional && network.unconditional === undefined) {
        throw new TypeError(
          `Cannot sample with ${plan.sampler} without guidance: CFG++ needs the prediction for the negative prompt (a guidanceScale above 1 is wanted)`,
        );
      }
      const x =
        start === undefined
          ? scaled(run.noise(), plan.initialScale)
          : start.kind === "noisy"
            ? start.latents
            : noised(start.latents, run.noise(), plan.sigmas[0]);
      return runPlan(handsOver ? { ...plan, finalScale: 1 } : plan, network, x, {
        ...run,
        unconditional: network.unconditional,
      });
    },
  };
}

/** The part of `plan` to run, or undefined for all of it. */
function rangeOf(
  { timesteps, discretization }: SamplingPlan,
  { strength, denoisingStart, denoisingEnd }: ResolvedOptions,
  fromPicture: boolean,
): PlanRange | undefined {
  // Both cut at a timestep, as diffusers' SDXL pipelines do.
  const cutoff = (part: number) => Math.round(discretization.sigmas.length * (1 - part));
  const first = (part: number) => {
    const index = timesteps.findIndex((t) => t < cutoff(part));
    return index < 0 ? timesteps.length : index;
  };
  const end = denoisingEnd === undefined ? undefined : first(denoisingEnd);
  if (denoisingStart !== undefined) return { begin: first(denoisingStart), end };
  if (fromPicture) {
    const steps = Math.min(Math.floor(timesteps.length * strength), timesteps.length);
    if (steps === 0)
      throw new RangeError(
        `Cannot generate from a picture: strength ${strength} of ${timesteps.length} steps is none (a larger strength or more steps are wanted)`,
      );
    return { begin: timesteps.length - steps, end };
  }
  return end === undefined ? undefined : { end };
}

/** How the model was trained, also where its scheduler's class is one that this program does not have. */
function diffusionOf(config: SchedulerConfigJson) {
  return diffusionFromDiffusers(
    Object.hasOwn(schedulerClasses, String(config._class_name)) ? config : { ...config, _class_name: "DDPMScheduler" },
  );
}
