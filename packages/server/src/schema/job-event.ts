// What happens to a job, as its stream of events tells it. Ids grow with time, also over a restart of the server; a stream
// that broke goes on after the last id that was seen. `queued`, `step` and `preview` are superseded by later ones of
// their kind, and old ones of them are forgotten.

import { z } from "zod";
import { imageRecord } from "./image.ts";
import { problem } from "./problem.ts";

const queued = z.object({ kind: z.literal("queued"), place: z.int().describe("1 is next") });
const started = z.object({ kind: z.literal("started"), attempt: z.int().describe("From 1") });
const loading = z.object({ kind: z.literal("loading"), model: z.string().describe("Id of the model being opened") });
const begun = z.object({
  kind: z.literal("begun"),
  pictures: z.int(),
  steps: z.int().describe("For each picture"),
  device: z.string(),
});
const notice = z.object({ kind: z.literal("notice"), text: z.string() });
const step = z.object({
  kind: z.literal("step"),
  picture: z.int().describe("From 0"),
  step: z.int().describe("From 1"),
  steps: z.int(),
  sigma: z.number().describe("Noise level reached"),
  stepMs: z.number(),
  done: z.number().describe("Part of the job that is done, from 0 to 1"),
  remainingMs: z.number().describe("Estimate for all that is left of the job"),
});
const preview = z.object({
  kind: z.literal("preview"),
  picture: z.int(),
  step: z.int(),
  image: z.string().describe("data: URL of a small WebP"),
});
const progress = z.object({
  kind: z.literal("progress"),
  done: z.number().describe("Part of the job that is done, from 0 to 1"),
  count: z.number(),
  total: z.number(),
  unit: z.enum(["tiles", "bytes"]),
  name: z.string().optional().describe("Which file"),
});
const image = z.object({ kind: z.literal("image"), image: imageRecord });
const done = z.object({ kind: z.literal("done"), images: z.int().describe("How many pictures it made") });
const failed = z.object({ kind: z.literal("failed"), error: problem });
const cancelled = z.object({ kind: z.literal("cancelled") });

/** What can happen; `kind` says which. After `done`, `failed` and `cancelled` the stream ends. */
export const jobHappening = z.discriminatedUnion("kind", [
  queued,
  started,
  loading,
  begun,
  notice,
  step,
  preview,
  progress,
  image,
  done,
  failed,
  cancelled,
]);

/** What can happen. */
export type JobHappening = z.output<typeof jobHappening>;

/** An event: what happened, under an id. */
export const jobEvent = jobHappening.and(z.object({ id: z.string(), at: z.iso.datetime() })).meta({ id: "JobEvent" });

/** An event of a job. */
export type JobEvent = JobHappening & { readonly id: string; readonly at: string };

/** Whether the stream ends with events of this kind. */
export const isLast = ({ kind }: Pick<JobHappening, "kind">): boolean =>
  kind === "done" || kind === "failed" || kind === "cancelled";
