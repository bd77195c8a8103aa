// A job from acceptance to its end, for programs that wait for the answer: other programs' APIs know no jobs.

import type { JobRow } from "../catalogue/jobs.ts";
import { Refusal } from "../guard/refuse.ts";
import type { ImageRecord } from "../schema/image.ts";
import type { JobEvent } from "../schema/job-event.ts";
import type { JobRequest } from "../schema/job-request.ts";
import type { Services } from "../services.ts";
import { acceptJob } from "./accept-job.ts";
import { cancelJob } from "./cancel-job.ts";
import { followJob } from "./follow-job.ts";

/** How to wait. */
export interface AwaitOptions {
  /** Id of the key; empty without keys. */
  readonly owner: string;
  /** Aborted when nobody waits any more: then the job is cancelled. */
  readonly signal: AbortSignal;
  readonly onAccepted?: (row: JobRow) => void;
  readonly onEvent?: (event: JobEvent) => void | Promise<void>;
}

/** How a job ended. */
export interface EndedJob {
  readonly row: JobRow;
  readonly isCancelled: boolean;
  readonly images: readonly ImageRecord[];
  readonly notices: readonly string[];
}

/** Accepts the job and waits for its end. Throws the problem it failed with, and the signal's reason when aborted. */
export async function awaitJob(services: Services, request: JobRequest, options: AwaitOptions): Promise<EndedJob> {
  options.signal.throwIfAborted();
  const row = await acceptJob(services, request, { owner: options.owner });
  options.onAccepted?.(row);
  return awaitAccepted(services, row, options);
}

/** The same for a job that was accepted. */
export async function awaitAccepted(
  services: Services,
  row: JobRow,
  { signal, onEvent }: Pick<AwaitOptions, "signal" | "onEvent">,
): Promise<EndedJob> {
  const images = new Map<string, ImageRecord>();
  const notices: string[] = [];
  for await (const event of followJob(services, row, { signal })) {
    await onEvent?.(event);
    if (event.kind === "image") images.set(event.image.id, event.image);
    if (event.kind === "notice") notices.push(event.text);
    if (event.kind === "failed") throw new Refusal(event.error);
    if (event.kind === "done" || event.kind === "cancelled")
      return { row, isCancelled: event.kind === "cancelled", images: [...images.values()], notices };
  }
  await cancelJob(services, row.id);
  signal.throwIfAborted();
  throw new Error(`Cannot wait for the job "${row.id}": its events ended early`);
}
