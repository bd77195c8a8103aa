// How far a job is, in words.

import { isOver } from "../state/job-view.ts";
import type { JobView } from "../state/job-view.ts";
import type { Text } from "../text/en.ts";
import { duration, size } from "../ui/duration.ts";

/** One line on `job`. */
export function jobStatus(job: JobView, { create: t }: Text): string {
  if (job.state === "queued") return t.waiting(job.place);
  if (isOver(job))
    return (t.ended as Readonly<Record<string, (images: number) => string>>)[job.state](job.images.length);
  if (job.loading !== undefined) return t.opening(job.loading);
  const left = job.remainingMs ? t.left(duration(job.remainingMs)) : "";
  if (job.step !== undefined)
    return [
      t.stepOf(job.step.step, job.step.steps),
      ...(job.plan !== undefined && job.plan.pictures > 1
        ? [t.pictureOf(job.step.picture + 1, job.plan.pictures)]
        : []),
      left,
    ]
      .filter((part) => part !== "")
      .join(" · ");
  if (job.progress !== undefined) {
    const { count, total, unit, name } = job.progress;
    const counted = unit === "bytes" ? t.bytesOf(size(count), size(total)) : t.tileOf(count, total);
    return [name, counted, left].filter(Boolean).join(" · ");
  }
  return t.beginning;
}
