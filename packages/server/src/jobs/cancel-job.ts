// Ending a job early, wherever it is.

import type { Services } from "../services.ts";
import { tellPlaces } from "./places.ts";

/** Cancels the job: at once where it waits, after its step where it runs. Does nothing where it is over. */
export async function cancelJob(services: Pick<Services, "catalogue" | "queue" | "events">, id: string): Promise<void> {
  const { catalogue, queue, events } = services;
  if (await catalogue.jobs.cancelWaiting(id)) {
    events.append(id, { kind: "cancelled" });
    await tellPlaces(services);
  }
  await queue.cancel(id);
}
