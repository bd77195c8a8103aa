// Telling those who wait how far up the line they are.

import type { Services } from "../services.ts";

const told = 1000;

/** Appends a `queued` event to the log of each job whose place is another now. */
export async function tellPlaces({ catalogue, events }: Pick<Services, "catalogue" | "events">): Promise<void> {
  const line = await catalogue.jobs.line(told);
  for (const [i, id] of line.entries()) {
    if (!events.has(id)) continue;
    const before = events.latest(id, "queued");
    if (before === undefined || before.place !== i + 1) events.append(id, { kind: "queued", place: i + 1 });
  }
}
