// A job: a request that was accepted, and how far it is.

import { z } from "zod";
import { imageRecord } from "./image.ts";
import { jobRequest } from "./job-request.ts";
import { problem } from "./problem.ts";

/** The states a job goes through: queued, running, and one of the others in the end. */
export const jobStates = ["queued", "running", "done", "failed", "cancelled"] as const;

/** One of them. */
export type JobState = (typeof jobStates)[number];

/** How far a running job is. */
export const jobProgress = z
  .object({
    done: z.number().describe("Part of the work that is done, from 0 to 1"),
    remainingMs: z.number().nullable().describe("Estimate for the rest; null while there is none"),
  })
  .meta({ id: "JobProgress" });

/** A job. */
export const job = z
  .object({
    id: z.string(),
    state: z.enum(jobStates),
    task: z.enum(["generate", "upscale", "download"]),
    request: jobRequest.describe("What was asked, with its defaults and its seed filled in"),
    place: z.int().optional().describe("Place in the queue, 1 is next; while queued"),
    progress: jobProgress.optional().describe("While running"),
    attempts: z.int().describe("How often it was begun: more than once after a crash or a restart"),
    images: z.array(imageRecord).describe("The pictures that are finished"),
    notices: z.array(z.string()).describe("What was chosen for the caller, in sentences"),
    error: problem.optional().describe("Why it failed"),
    createdAt: z.iso.datetime(),
    startedAt: z.iso.datetime().optional(),
    finishedAt: z.iso.datetime().optional(),
  })
  .meta({ id: "Job" });

/** A job. */
export type Job = z.output<typeof job>;

/** Which jobs to list. */
export const jobQuery = z.object({
  state: z
    .enum([...jobStates, "open"])
    .optional()
    .describe("open: queued or running"),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: z.string().optional().describe("`next` of the page before"),
});

/** Which jobs to list. */
export type JobQuery = z.input<typeof jobQuery>;

/** The newest jobs first. */
export const jobPage = z
  .object({ jobs: z.array(job), next: z.string().optional().describe("`before` of the next page; absent on the last") })
  .meta({ id: "JobPage" });

/** A page of jobs. */
export type JobPage = z.output<typeof jobPage>;
