// One line of advice for each sampler and schedule: what people should know of the common ones, and of all others what
// the server's table says.

import type { Sampler, Schedule } from "@noisette/server/schema/sampling";
import type { Text } from "../text/en.ts";

/** Samplers in groups, as the menu shows them. */
export function samplerGroups(samplers: readonly Sampler[]): readonly (readonly [SamplerGroup, readonly Sampler[]])[] {
  return groups
    .map((group) => [group, samplers.filter((sampler) => groupOf(sampler) === group)] as const)
    .filter(([, members]) => members.length > 0);
}

const groups = ["recommended", "steady", "lively", "distilled", "special"] as const;

/** A group of samplers. */
export type SamplerGroup = (typeof groups)[number];

const recommended = ["dpmpp_2m", "dpmpp_2m_sde", "euler", "euler_ancestral", "unipc", "ddim"];

function groupOf({ id, kind, needsConsistencyModel }: Sampler): SamplerGroup {
  if (recommended.includes(id)) return "recommended";
  if (needsConsistencyModel) return "distilled";
  if (/inverse|cfg_pp|repaint|score_sde/.test(id)) return "special";
  return kind === "ode" ? "steady" : "lively";
}

/** What to know of a sampler, in one line. */
export function samplerAdvice(sampler: Sampler, { advice }: Text): string {
  const known = (advice.samplers as Readonly<Record<string, string>>)[sampler.id];
  if (known !== undefined) return known;
  return [
    sampler.needsConsistencyModel ? advice.needsConsistency : advice.kinds[sampler.kind],
    advice.runs(sampler.evaluations),
    advice.order(sampler.order),
  ].join(" · ");
}

/** What to know of a schedule, in one line. */
export const scheduleAdvice = ({ id, title }: Schedule, { advice }: Text): string =>
  (advice.schedules as Readonly<Record<string, string>>)[id] ?? title;
