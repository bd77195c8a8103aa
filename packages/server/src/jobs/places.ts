// Telling those who wait how far up the line they are.

import type { Services } from "../services.ts";

const told = 1000;
/** With many jobs in the line each that leaves moves all others: what moves within this time is told at once. */
const betweenMs = 250;

/**
 * Tells places: a function to call whenever the line has moved. Each job whose place is another by then gets a `queued` event, the
 * first time at once, after that at most every quarter of a second. While the catalogue is away nobody is told.
 */
export function placesTeller(parts: Pick<Services, "catalogue" | "events">): () => void {
  let [isTelling, hasMoved] = [false, false];
  const tell = async () => {
    hasMoved = false;
    await tellPlaces(parts).catch(() => undefined);
    setTimeout(() => {
      if (hasMoved) void tell();
      else isTelling = false;
    }, betweenMs).unref();
  };
  return () => {
    hasMoved = true;
    if (isTelling) return;
    isTelling = true;
    void tell();
  };
}

async function tellPlaces({ catalogue, events }: Pick<Services, "catalogue" | "events">): Promise<void> {
  const line = await catalogue.jobs.line(told);
  for (const [i, id] of line.entries()) {
    if (!events.has(id)) continue;
    const before = events.latest(id, "queued");
    if (before === undefined || before.place !== i + 1) events.append(id, { kind: "queued", place: i + 1 });
  }
}
