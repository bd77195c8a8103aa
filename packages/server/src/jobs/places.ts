// Telling those who wait how far up the line they are.

import type { Services } from "../services.ts";

const told = 1000;
/** With many jobs in the line each that leaves moves all others: what moves meanwhile is told together, some fifty events a second. */
const betweenMs = (waiting: number): number => Math.max(250, 20 * waiting);

/**
 * Tells places: a function to call whenever the line has moved. Each job whose place is another by then gets a `queued` event, the
 * first time at once, after that at most every quarter of a second, less often in a long line. While the catalogue is away nobody is told.
 */
export function placesTeller(parts: Pick<Services, "catalogue" | "events">): () => void {
  let [isTelling, hasMoved] = [false, false];
  const tell = async () => {
    hasMoved = false;
    const waiting = await tellPlaces(parts).catch(() => 0);
    setTimeout(() => {
      if (hasMoved) void tell();
      else isTelling = false;
    }, betweenMs(waiting)).unref();
  };
  return () => {
    hasMoved = true;
    if (isTelling) return;
    isTelling = true;
    void tell();
  };
}

/** Resolves with how many wait. */
async function tellPlaces({ catalogue, events }: Pick<Services, "catalogue" | "events">): Promise<number> {
  const line = await catalogue.jobs.line(told);
  for (const [i, id] of line.entries()) {
    if (!events.has(id)) continue;
    const before = events.latest(id, "queued");
    if (before === undefined || before.place !== i + 1) events.append(id, { kind: "queued", place: i + 1 });
  }
  return line.length;
}
