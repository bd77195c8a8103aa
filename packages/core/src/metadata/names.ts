// Samplers and schedules by the names that other programs have for them.

import { samplerTable } from "../diffusion/samplers/index.ts";
import type { SamplerId } from "../diffusion/samplers/index.ts";
import { scheduleTable } from "../diffusion/schedules/index.ts";
import type { ScheduleId } from "../diffusion/schedules/index.ts";

/** Sampler and schedule, as far as a name says. */
export interface NamedSampling {
  readonly sampler?: SamplerId;
  readonly schedule?: ScheduleId;
}

/** Lower case, and without the package that a node comes from. */
const key = (name: string): string => name.replace(/ \(RES4LYF\)$/, "").toLowerCase();

type Program = "a1111" | "comfyui" | "sdcpp";

function namesOf<Id extends string>(
  table: Readonly<Record<Id, { readonly names: Readonly<Partial<Record<Program, string>>> }>>,
  programs: readonly Program[],
): Map<string, Id> {
  const ids = Object.keys(table) as Id[];
  const named = programs.flatMap((program) =>
    ids.flatMap((id): [string, Id][] => {
      const name = table[id].names[program];
      return name === undefined ? [] : [[key(name), id]];
    }),
  );
  // The first to claim a name keeps it; ids come last.
  return new Map([...named, ...ids.map((id) => [id, id] as [string, Id])].toReversed());
}

const samplersOfA1111 = namesOf(samplerTable, ["a1111", "sdcpp"]);
const schedulesOfA1111 = new Map<string, ScheduleId>([
  ...namesOf(scheduleTable, ["a1111", "sdcpp"]),
  ["normal", "normal"],
  ["sgmuniform", "sgm_uniform"],
  ["ays", "align_your_steps_sd1_a1111"],
]);

/** A1111's "Schedule type". */
export const a1111Schedule = (name: string): ScheduleId | undefined => schedulesOfA1111.get(key(name));

/** A1111's "Sampler", also with the schedule behind it as before version 1.9: "DPM++ 2M Karras". */
export function a1111Sampler(name: string): NamedSampling {
  const written = key(name.trim()).replace(/^k_/, "");
  const whole = samplersOfA1111.get(written) ?? shortNames.get(written);
  if (whole !== undefined) return { sampler: whole };
  for (let space = written.indexOf(" "); space > 0; space = written.indexOf(" ", space + 1)) {
    const sampler = samplersOfA1111.get(written.slice(0, space));
    const schedule = schedulesOfA1111.get(written.slice(space + 1));
    if (sampler !== undefined && schedule !== undefined) return { sampler, schedule };
  }
  return {};
}

const samplersOfComfyui = new Map<string, SamplerId>([...namesOf(samplerTable, ["comfyui"]), ["uni_pc", "unipc"]]);
const schedulesOfComfyui = namesOf(scheduleTable, ["comfyui"]);

/** ComfyUI's sampler_name; those in "_gpu" are the same method. */
export const comfyuiSampler = (name: string): SamplerId | undefined =>
  samplersOfComfyui.get(key(name).replace(/_gpu$/, ""));

/** ComfyUI's scheduler. */
export const comfyuiSchedule = (name: string): ScheduleId | undefined => schedulesOfComfyui.get(key(name));

/** Names that the first scripts for Stable Diffusion had, and InvokeAI and NovelAI have. */
const shortNames = new Map<string, SamplerId>([
  ["euler_a", "euler_ancestral"],
  ["dpm_2_a", "dpm_2_ancestral"],
  ["dpm2", "dpm_2"],
  ["dpm2_a", "dpm_2_ancestral"],
  ["kdpm_2", "dpm_2"],
  ["kdpm_2_a", "dpm_2_ancestral"],
  ["pndm", "plms"],
  ["dpmpp_2s_a", "dpmpp_2s_ancestral"],
  ["ddim_v3", "ddim"],
]);

/** InvokeAI's scheduler, with "_k" behind it for Karras's levels and k_ before it in version 2. */
export function invokeaiSampler(name: string): NamedSampling {
  const written = key(name).replace(/^k_/, "");
  const id = written.replace(/_k$/, "");
  const sampler = shortNames.get(id) ?? samplersOfComfyui.get(id);
  return { sampler, ...(written !== id && { schedule: "karras" }) };
}

/** NovelAI's sampler. */
export const novelaiSampler = (name: string): SamplerId | undefined => invokeaiSampler(name).sampler;
