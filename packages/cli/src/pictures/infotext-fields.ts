// A record in the words of AUTOMATIC1111's "parameters" text, which most galleries and tools read.

import type { PictureRecord } from "@noisette/core";
import { samplerTable } from "@noisette/core/diffusion/samplers/index";
import type { SamplerId, SamplerRow } from "@noisette/core/diffusion/samplers/index";
import { schedules } from "@noisette/core/diffusion/schedules/index";
import type { ScheduleId, ScheduleRow } from "@noisette/core/diffusion/schedules/index";

/** The values of A1111's fields. `scheduler` is the checkpoint's, which samples where the options name no sampler. */
export function infotextFields(
  { options, model, version, init }: PictureRecord,
  scheduler: Readonly<Record<string, unknown>>,
): Record<string, string | number | undefined> {
  const sampler = samplerName(options.sampler as SamplerId | undefined, options.scheduler ?? scheduler);
  const schedule: ScheduleRow | undefined = schedules[options.schedule as ScheduleId];
  return {
    Steps: options.steps,
    Sampler: sampler,
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

/** A1111's name of the sampler, or ours where it has none. */
function samplerName(id: SamplerId | undefined, scheduler: Readonly<Record<string, unknown>>): string {
  if (id !== undefined) return (samplerTable[id] as SamplerRow).names.a1111 ?? id;
  const className = String(scheduler._class_name);
  const row = Object.values<SamplerRow>(samplerTable).find(({ names }) => names.diffusers?.split(",")[0] === className);
  return row?.names.a1111 ?? className;
}
