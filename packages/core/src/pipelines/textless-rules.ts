// What a run of a model without text needs settled: channels, classes, steps, and the plan.

import type { Prediction } from "../checkpoints/checkpoint.ts";
import type { TextlessModel } from "../checkpoints/textless-model.ts";
import type { SamplingPlan } from "../diffusion/plan.ts";
import { samplerTable } from "../diffusion/samplers/index.ts";
import type { SamplerRow } from "../diffusion/samplers/index.ts";
import type { ResolvedSampleOptions } from "./sample-options.ts";
import { chosenPlan } from "./sampling.ts";

/** Channels of the pixels or latents that `model` makes. Throws Error when its UNet sees more than those, or makes others. */
export function dataChannels({ path, config, decoder, scheduler }: TextlessModel): number {
  const fail = (is: string, wanted: string) => new Error(`Cannot open "${path}": ${is} (${wanted})`);
  const { inChannels, outChannels } = config;
  const channels = decoder?.latentChannels ?? inChannels;
  if (inChannels !== channels)
    throw fail(
      `its UNet sees ${inChannels} channels, its autoencoder's latents have ${channels}`,
      "a model that starts from noise alone is wanted",
    );
  if (decoder === undefined && ![1, 3, 4].includes(channels))
    throw fail(`it has no autoencoder, and ${channels} channels`, "pixels of 1, 3 or 4 channels are wanted");
  const learnsVariance = ["learned", "learned_range"].includes(String(scheduler.variance_type));
  if (outChannels !== (learnsVariance ? 2 * channels : channels))
    throw fail(
      `its UNet goes from ${inChannels} to ${outChannels} channels`,
      learnsVariance ? "twice as many, for the variance, are wanted" : "as many are wanted",
    );
  return channels;
}

/** The classes of a run; undefined for a model that has none. Throws RangeError when they are not there, or others. */
export function wantedClasses(
  { path, config: { classes: known } }: TextlessModel,
  { classes, guidanceScale }: ResolvedSampleOptions,
): readonly number[] | undefined {
  const fail = (is: string, wanted: string) => new RangeError(`Cannot sample "${path}": ${is} (${wanted})`);
  if (known === undefined) {
    if (classes !== undefined) throw fail("it has no classes", "none can be asked for");
    if (guidanceScale !== 1) throw fail(`guidance ${guidanceScale} without classes`, "1 is wanted");
    return undefined;
  }
  const range = `numbers from 0 to ${known - 1} are wanted`;
  if (classes === undefined) throw fail(`it has ${known} classes and none is asked for`, range);
  const outside = classes.find((number) => number >= known);
  if (outside !== undefined) throw fail(`class ${outside} is none of its ${known}`, range);
  return classes;
}

/** Steps of diffusers' pipelines: DDPM's go through every timestep, others take 50. */
export function stepsFor(
  { scheduler }: TextlessModel,
  { timesteps, sigmas, steps, sampler }: ResolvedSampleOptions,
): number {
  const isAncestral = sampler === undefined ? scheduler._class_name === "DDPMScheduler" : sampler === "ddpm";
  return (
    timesteps?.length ??
    (sigmas === undefined ? undefined : sigmas.length - 1) ??
    steps ??
    (isAncestral ? Number(scheduler.num_train_timesteps ?? 1000) : 50)
  );
}

/** The plan of a run. Throws TypeError or RangeError on a sampler or levels that cannot be used. */
export function textlessPlan(
  { scheduler }: TextlessModel,
  options: ResolvedSampleOptions & { readonly steps: number },
): SamplingPlan {
  if (options.clippedNoise && (options.sampler !== undefined || options.schedule !== undefined))
    throw new TypeError(
      "Cannot sample with clippedNoise and a sampler or schedule: it is the checkpoint's own DDIMScheduler's (one of them is wanted)",
    );
  const prediction = (scheduler.prediction_type ?? "epsilon") as Prediction;
  const plan = chosenPlan({ scheduler, prediction }, options);
  const row: SamplerRow = samplerTable[plan.sampler];
  if (plan.sigmas[0] < plan.sigmas[1])
    throw new TypeError(
      `Cannot sample with ${plan.sampler}: it turns pictures into noise (a sampler that makes pictures is wanted)`,
    );
  if (row.usesUnconditional && options.guidanceScale === 1)
    throw new TypeError(
      `Cannot sample with ${plan.sampler} without guidance: CFG++ needs the prediction without the class (a guidanceScale other than 1 is wanted)`,
    );
  return plan;
}
