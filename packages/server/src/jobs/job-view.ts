// A job as clients see it.

import type { JobRow } from "../catalogue/jobs.ts";
import type { JobHappening } from "../schema/job-event.ts";
import type { ImageRecord } from "../schema/image.ts";
import type { Job } from "../schema/job.ts";
import type { Services } from "../services.ts";

/** Jobs as clients see them, in the order of `rows`. */
export async function jobViews(services: Services, rows: readonly JobRow[]): Promise<Job[]> {
  const { catalogue } = services;
  const images = new Map<string, ImageRecord[]>();
  const begun = rows.filter(({ started_at }) => started_at !== null).map(({ id }) => id);
  if (begun.length > 0)
    for (const image of await catalogue.images.ofJobs(begun))
      images.set(image.job, [...(images.get(image.job) ?? []), image]);
  // Those whose place was told have it in their events.
  const toldPlace = ({ id }: JobRow) => services.events.latest(id, "queued")?.place;
  const isUntold = rows.some((row) => row.state === "queued" && toldPlace(row) === undefined);
  const line = isUntold ? await catalogue.jobs.line(1_000_000) : [];
  return rows.map((row) =>
    view(services, row, {
      images: images.get(row.id) ?? [],
      place: toldPlace(row) ?? line.indexOf(row.id) + 1,
    }),
  );
}

/** One job as clients see it. */
export const jobView = async (services: Services, row: JobRow): Promise<Job> => (await jobViews(services, [row]))[0];

function view(
  { events }: Services,
  row: JobRow,
  { images, place }: { readonly images: ImageRecord[]; readonly place: number },
): Job {
  const step = events.latest(row.id, "step");
  const { done } = step ?? events.latest(row.id, "progress") ?? { done: 0 };
  return {
    id: row.id,
    state: row.state,
    task: row.request.task,
    request: row.request,
    ...(row.state === "queued" && place > 0 && { place }),
    ...(row.state === "running" && { progress: { done, remainingMs: step?.remainingMs ?? null } }),
    attempts: row.attempts,
    images,
    notices: [...row.notices],
    ...(row.error !== null && { error: row.error }),
    createdAt: row.created_at.toISOString(),
    ...(row.started_at !== null && { startedAt: row.started_at.toISOString() }),
    ...(row.finished_at !== null && { finishedAt: row.finished_at.toISOString() }),
  };
}

/** What is known of a job whose events are forgotten, as events: its pictures, and how it ended or where it stands. */
export function happeningsOf(job: Job): JobHappening[] {
  const past: JobHappening[] = [
    ...job.notices.map((text) => ({ kind: "notice" as const, text })),
    ...job.images.map((image) => ({ kind: "image" as const, image })),
  ];
  switch (job.state) {
    case "queued":
      return [...past, { kind: "queued", place: job.place ?? 1 }];
    case "running":
      return [...past, { kind: "started", attempt: job.attempts }];
    case "done":
      return [...past, { kind: "done", images: job.images.length }];
    case "failed":
      return [...past, { kind: "failed", error: job.error! }];
    case "cancelled":
      return [...past, { kind: "cancelled" }];
  }
}
