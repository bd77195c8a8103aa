// A record in the words of AUTOMATIC1111's "parameters" text, which most galleries and tools read.

import type { PictureRecord } from "@noisette/core";
import { hiresUpscalers } from "@noisette/core/pipelines/hires-upscalers";
import type { HiresUpscaler, HiresUpscalerId } from "@noisette/core/pipelines/hires-upscalers";
import { samplerTable } from "@noisette/core/diffusion/samplers/index";
import type { SamplerId, SamplerRow } from "@noisette/core/diffusion/samplers/index";
import { schedules } from "@noisette/core/diffusion/schedules/index";
import type { ScheduleId, ScheduleRow } from "@noisette/core/diffusion/schedules/index";

/** The values of A1111's fields. */
export function infotextFields({
  options,
  model,
  version,
  init,
  mask,
  refiner,
  sampler,
}: PictureRecord): Record<string, string | number | undefined> {
  const schedule: ScheduleRow | undefined = schedules[options.schedule as ScheduleId];
  return {
    Steps: options.steps,
    Sampler: (samplerTable[sampler] as SamplerRow).names.a1111 ?? sampler,
    "Schedule type": schedule?.names.a1111 ?? options.schedule,
    "CFG scale": options.guidanceScale,
    Seed: options.seed,
    Size: `${options.width}x${options.height}`,
    "Model hash": model.hash,
    Model: model.name,
    "Denoising strength":
      init === "image" ? options.strength : options.hiresScale === undefined ? undefined : options.hiresStrength,
    ...variationFields(options),
    ...hiresFields(options),
    ...(mask && {
      "Mask blur": options.maskBlur ?? 0,
      "Inpaint area": options.maskArea === "masked" ? "Only masked" : undefined,
      "Masked area padding": options.maskArea === "masked" ? (options.maskPadding ?? 32) : undefined,
      "Masked content": options.fill === undefined || options.fill === "original" ? undefined : fillNames[options.fill],
      "Mask mode": options.maskInvert ? "Inpaint not masked" : undefined,
    }),
    Refiner: refiner && `${refiner.name} [${refiner.hash}]`,
    "Refiner switch at": refiner && options.refinerAt,
    "Clip skip": options.clipSkip > 1 ? options.clipSkip : undefined,
    Eta: options.eta,
    RNG: options.rng === "philox" ? "NV" : "CPU",
    Version: `noisette ${version}`,
  };
}

type Options = PictureRecord["options"];

const fillNames = { fill: "fill", noise: "latent noise", nothing: "latent nothing" } as const;

const variationFields = ({ variationSeed, variationStrength, seedResizeFrom }: Options) => ({
  ...(variationStrength > 0 && { "Variation seed": variationSeed, "Variation seed strength": variationStrength }),
  "Seed resize from": seedResizeFrom?.join("x"),
});

function hiresFields(options: Options) {
  if (options.hiresScale === undefined) return {};
  const upscaler: HiresUpscaler = hiresUpscalers[(options.hiresUpscaler ?? "latent-bilinear") as HiresUpscalerId];
  const schedule: ScheduleRow | undefined = schedules[options.hiresSchedule as ScheduleId];
  return {
    "Hires upscale": options.hiresScale,
    "Hires steps": options.hiresSteps,
    "Hires upscaler": upscaler.a1111 ?? options.hiresUpscaler,
    "Hires sampler":
      options.hiresSampler &&
      ((samplerTable[options.hiresSampler as SamplerId] as SamplerRow).names.a1111 ?? options.hiresSampler),
    "Hires schedule type": options.hiresSchedule && (schedule?.names.a1111 ?? options.hiresSchedule),
    "Hires CFG Scale": options.hiresGuidanceScale,
    "Hires prompt": options.hiresPrompt,
    "Hires negative prompt": options.hiresNegativePrompt,
  };
}
