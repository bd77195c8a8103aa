// The jobs that this page knows: those it sent, and those that were open when it was opened.

import { signal } from "@preact/signals";
import type { JobEvent } from "@noisette/server/schema/job-event";
import type { JobRequest } from "@noisette/server/schema/job-request";
import type { Job } from "@noisette/server/schema/job";
import { client } from "./api.ts";
import { afterEvent, isOver, viewOfJob } from "./job-view.ts";
import type { JobView } from "./job-view.ts";

/** The newest first. */
export const jobs = signal<readonly JobView[]>([]);

/** Why the events of a job could not be followed. */
export const followProblem = signal<unknown>();

/** Views change no more often. */
const betweenMs = 50;

const overListeners = new Set<(view: JobView) => void>();

/** Calls `listener` whenever a job ends; returns how to stop that. */
export function onJobOver(listener: (view: JobView) => void): () => void {
  overListeners.add(listener);
  return () => void overListeners.delete(listener);
}

/** Sends a job and follows it, for the part of the studio that shows it. Throws what the server says where it does not take it. */
export async function sendJob(request: JobRequest, shownIn: JobView["shownIn"] = "create"): Promise<string> {
  const job = await client.createJob(request, { idempotencyKey: randomKey() });
  void follow(job, shownIn);
  return job.id;
}

/** Follows the jobs that are open on the server, other pages' too. */
export async function followOpenJobs(): Promise<void> {
  const { jobs: open } = await client.jobs({ state: "open" });
  for (const job of open.reverse())
    if (!jobs.value.some(({ id }) => id === job.id)) void follow(job, job.task === "download" ? "models" : "create");
}

/** Ends a job. */
export async function cancelJob(id: string): Promise<void> {
  await client.cancelJob(id);
}

/** Takes a job that is over out of the list. */
export function forgetJob(id: string): void {
  jobs.value = jobs.value.filter((view) => view.id !== id);
}

async function follow(job: Job, shownIn: JobView["shownIn"]): Promise<void> {
  jobs.value = [viewOfJob(job, shownIn), ...jobs.value.filter(({ id }) => id !== job.id)];
  try {
    // Small networks make steps faster than pages are drawn: what comes meanwhile is shown at once.
    let come: JobEvent[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = () => {
      const events = come;
      [come, timer] = [[], undefined];
      change(job.id, (view) => events.reduce(afterEvent, view));
    };
    for await (const event of client.watchJob(job.id)) {
      come.push(event);
      timer ??= setTimeout(show, betweenMs);
    }
    clearTimeout(timer);
    show();
    const view = jobs.value.find(({ id }) => id === job.id);
    if (view !== undefined && isOver(view)) for (const listener of overListeners) listener(view);
  } catch (error) {
    followProblem.value = error;
  }
}

function change(id: string, next: (view: JobView) => JobView): void {
  jobs.value = jobs.value.map((view) => (view.id === id ? next(view) : view));
}

/** Not crypto.randomUUID: pages over plain HTTP beyond loopback lack it. */
const randomKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
