// Ending a job early, wherever it is.

import type { Services } from "../services.ts";

/** Cancels the job: at once where it waits, after its step where it runs. Does nothing where it is over. */
export async function cancelJob(
  services: Pick<Services, "catalogue" | "queue" | "events" | "tellPlaces">,
  id: string,
): Promise<void> {
  const { catalogue, queue, events, tellPlaces } = services;
  if (await catalogue.jobs.cancelWaiting(id)) {
    events.append(id, { kind: "cancelled" });
    tellPlaces();
  }
  await queue.cancel(id);
}
