// A record in the words of AUTOMATIC1111's "parameters" text, which most galleries and tools read.

import type { PictureRecord } from "@noisette/core";
import { samplerTable } from "@noisette/core/diffusion/samplers/index";
import type { SamplerRow } from "@noisette/core/diffusion/samplers/index";
import { schedules } from "@noisette/core/diffusion/schedules/index";
import type { ScheduleId, ScheduleRow } from "@noisette/core/diffusion/schedules/index";

/** The values of A1111's fields. */
export function infotextFields({
  options,
  model,
  version,
  init,
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
    "Denoising strength": init === "image" ? options.strength : undefined,
    "Clip skip": options.clipSkip > 1 ? options.clipSkip : undefined,
    Eta: options.eta,
    RNG: options.rng === "philox" ? "NV" : "CPU",
    Version: `noisette ${version}`,
  };
}
