// Flags of samplers and schedules: who writes another program's name is told ours.

import { a1111Sampler, a1111Schedule, comfyuiSampler, comfyuiSchedule } from "@noisette/core/metadata/names";
import type { Presentation } from "./flag.ts";

type NameFlag = Pick<Presentation, "range" | "elsewhere">;

/** The flag of a sampler; `schedule` is the flag of its schedule, if there is one. */
export const samplerFlag = ({ sampler, schedule }: { sampler: string; schedule?: string }): NameFlag => ({
  range: "noisette samplers lists them",
  elsewhere(text) {
    const found = comfyuiSampler(text);
    const named = found === undefined ? a1111Sampler(text) : { sampler: found };
    if (named.sampler === undefined) return undefined;
    return `--${sampler} ${named.sampler}${named.schedule === undefined || schedule === undefined ? "" : ` --${schedule} ${named.schedule}`}`;
  },
});

/** The flag of a schedule. */
export const scheduleFlag = ({ schedule }: { schedule: string }): NameFlag => ({
  range: "noisette schedules lists them",
  elsewhere(text) {
    const found = comfyuiSchedule(text) ?? a1111Schedule(text);
    return found === undefined ? undefined : `--${schedule} ${found}`;
  },
});
