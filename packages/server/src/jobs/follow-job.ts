// The events of a job, also of one whose events this process has not seen or has forgotten.

import type { JobRow } from "../catalogue/jobs.ts";
import type { JobEvent } from "../schema/job-event.ts";
import type { Services } from "../services.ts";
import { happeningsOf, jobView } from "./job-view.ts";

/** The events after the one with id `after`, or all, as they come; ends after the job's last, or when aborted. */
export async function* followJob(
  services: Services,
  row: JobRow,
  options: { readonly after?: string; readonly signal: AbortSignal },
): AsyncGenerator<JobEvent> {
  const { events } = services;
  // The row is read once more: the job may have gone on since.
  await events.begin(row.id, async () =>
    happeningsOf(await jobView(services, (await services.catalogue.jobs.find(row.id)) ?? row)),
  );
  yield* events.follow(row.id, options);
}
