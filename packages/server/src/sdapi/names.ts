// Upscalers, samplers and schedules by the names that A1111's clients have for them.

import { samplerTable } from "@noisette/core/diffusion/samplers/index";
import type { SamplerId, SamplerRow } from "@noisette/core/diffusion/samplers/index";
import type { ScheduleId } from "@noisette/core/diffusion/schedules/index";
import { a1111Sampler, a1111Schedule } from "@noisette/core/metadata/names";
import { hiresUpscalers } from "@noisette/core/pipelines/hires-upscalers";
import type { HiresUpscaler, HiresUpscalerId } from "@noisette/core/pipelines/hires-upscalers";
import { closestName } from "@noisette/core/safetensors/closest-name";
import { refuse } from "../guard/refuse.ts";
import { modelName } from "../models/model-names.ts";
import type { InstalledModel } from "../models/model-source.ts";
import type { Services } from "../services.ts";

/** What A1111 calls a title: here without the hash, which would take reading every file. */
export const modelTitle = ({ id }: Pick<InstalledModel, "id">): string => id;

/** The upscalers that are no networks, as pictures are enlarged by them. */
export const plainUpscalers = { None: "lanczos", Lanczos: "lanczos", Nearest: "nearest" } as const;

/** The network with this name: its id, or its file's name without the ending. Throws a problem when there is none. */
export async function upscalerNamed(services: Services, name: string): Promise<string> {
  const ids = (await services.upscalers()).map(({ id }) => id);
  const found = ids.find((id) => id === name) ?? ids.find((id) => modelName({ id }) === name);
  if (found !== undefined) return found;
  const names = [...Object.keys(plainUpscalers), ...latentModes.map(({ name: mode }) => mode), ...ids];
  throw refuse(
    "bad-request",
    `Cannot use the upscaler "${name}": there is none of this name (closest: "${closestName(name, names)}")`,
  );
}

const hiresRows = Object.entries(hiresUpscalers) as [HiresUpscalerId, HiresUpscaler][];

/** A1111's ways to enlarge latents. */
export const latentModes = hiresRows.flatMap(([id, row]) =>
  "latents" in row && row.a1111 ? [{ id, name: row.a1111 }] : [],
);

/** A sampler and its schedule; undefined for the schedule that the sampler has by itself. Throws a problem when there is none. */
export function samplingNamed(
  sampler: string,
  { scheduler, family }: { readonly scheduler: string | undefined; readonly family: string | undefined },
): { readonly sampler: SamplerId; readonly schedule: ScheduleId | undefined } {
  const named = a1111Sampler(sampler);
  if (named.sampler === undefined)
    throw refuse(
      "bad-request",
      `Cannot sample by "${sampler}": Sampler not found (closest: "${closestName(
        sampler,
        samplerNames.map(({ name }) => name),
      )}")`,
    );
  if (scheduler === undefined || /^automatic$/i.test(scheduler))
    return { sampler: named.sampler, schedule: named.schedule };
  // One name for two tables: the model's family decides.
  if (/^align[ _]your[ _]steps$/i.test(scheduler))
    return {
      sampler: named.sampler,
      schedule: family?.startsWith("sdxl") ? "align_your_steps_sdxl_a1111" : "align_your_steps_sd1_a1111",
    };
  const schedule = a1111Schedule(scheduler) ?? a1111Schedule(scheduler.replaceAll("_", " "));
  if (schedule === undefined)
    throw refuse(
      "bad-request",
      `Cannot take the scheduler "${scheduler}": there is none of this name (GET /sdapi/v1/schedulers lists those there are)`,
    );
  return { sampler: named.sampler, schedule };
}

/** All samplers that make pictures out of noise, with A1111's names where it has them. */
export const samplerNames = (Object.entries(samplerTable) as [SamplerId, SamplerRow][])
  .filter(([, row]) => !row.rising)
  .map(([id, row]) => ({
    id,
    name: row.names.a1111 ?? id,
    aliases: [...new Set([`k_${row.names.comfyui ?? id}`, row.names.comfyui, id])].filter(
      (alias) => alias !== undefined,
    ),
  }));

/** A1111's latents have a cell for each 8 pixels; what is left over is cut. */
export const toEight = (side: number): number => Math.max(8, Math.floor(side / 8) * 8);
