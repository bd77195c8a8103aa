// The table of samplers: code, command line, documentation and tests read it. To add a sampler: its file, and its row in rows/.
import type { SamplerRow } from "./row.ts";
import { cfgPpSamplers } from "./rows/cfg-pp.ts";
import { classicSamplers } from "./rows/classic.ts";
import { distilledSamplers } from "./rows/distilled.ts";
import { dpmSolverSamplers } from "./rows/dpm-solver.ts";
import { inversionSamplers } from "./rows/inversion.ts";
import { stochasticSamplers } from "./rows/stochastic.ts";
import type { SamplerSettings } from "./types.ts";

export type { SamplerNames, SamplerRow } from "./row.ts";

/** The samplers by id. */
export const samplers = {
  ...classicSamplers,
  ...dpmSolverSamplers,
  ...stochasticSamplers,
  ...distilledSamplers,
  ...cfgPpSamplers,
  ...inversionSamplers,
} satisfies Record<string, SamplerRow>;

/** A sampler's id. */
export type SamplerId = keyof typeof samplers;

/** The table with its rows' common type, for code that walks it. */
export const samplerTable: Readonly<Record<SamplerId, SamplerRow>> = samplers;

/** Throws TypeError when `settings` has one that sampler `id` does not read. */
export function checkSettings(id: SamplerId, settings: SamplerSettings): void {
  const known = samplerTable[id].settings;
  for (const [name, value] of Object.entries(settings)) {
    if (value !== undefined && !known.some((setting) => setting === name)) {
      throw new TypeError(
        `Cannot set "${name}" for ${id}: it reads ${known.length ? known.join(", ") : "no settings"}`,
      );
    }
  }
}
