// A job as its events tell it: one pure step from event to event.

import type { ImageRecord } from "@noisette/server/schema/image";
import type { JobHappening } from "@noisette/server/schema/job-event";
import type { Job } from "@noisette/server/schema/job";
import type { Problem } from "@noisette/server/schema/problem";

/** How far a job is. */
export interface JobView {
  readonly id: string;
  /** The part of the studio that asked for it. */
  readonly shownIn: "create" | "canvas" | "plot" | "models";
  readonly request: Job["request"];
  readonly state: Job["state"];
  /** Place in the queue, 1 is next. */
  readonly place?: number;
  /** What it does before its first step: the model that is opened. */
  readonly loading?: string;
  /** How many pictures it makes, in how many steps each. */
  readonly plan?: { readonly pictures: number; readonly steps: number; readonly device: string };
  readonly step?: { readonly picture: number; readonly step: number; readonly steps: number };
  /** What is counted where there are no steps: tiles, bytes. */
  readonly progress?: { readonly count: number; readonly total: number; readonly unit: string; readonly name?: string };
  /** Part of the work that is done, from 0 to 1. */
  readonly done: number;
  readonly remainingMs?: number;
  /** The newest preview of each picture. */
  readonly previews: Readonly<Record<number, string>>;
  readonly images: readonly ImageRecord[];
  readonly notices: readonly string[];
  readonly error?: Problem;
  readonly createdAt: string;
}

/** The view of a job as the server tells it, before its events. */
export const viewOfJob = (job: Job, shownIn: JobView["shownIn"]): JobView => ({
  id: job.id,
  shownIn,
  request: job.request,
  state: job.state,
  place: job.place,
  done: job.state === "done" ? 1 : (job.progress?.done ?? 0),
  remainingMs: job.progress?.remainingMs ?? undefined,
  previews: {},
  images: job.images,
  notices: job.notices,
  error: job.error,
  createdAt: job.createdAt,
});

/** The view after `event`. */
export function afterEvent(view: JobView, event: JobHappening): JobView {
  switch (event.kind) {
    case "queued":
      return { ...view, state: "queued", place: event.place };
    case "started":
      return { ...view, state: "running", place: undefined };
    case "loading":
      return { ...view, loading: event.model };
    case "begun":
      return {
        ...view,
        loading: undefined,
        plan: { pictures: event.pictures, steps: event.steps, device: event.device },
      };
    case "notice":
      return view.notices.includes(event.text) ? view : { ...view, notices: [...view.notices, event.text] };
    case "step": {
      const { picture, step, steps, done, remainingMs } = event;
      return { ...view, state: "running", loading: undefined, step: { picture, step, steps }, done, remainingMs };
    }
    case "preview":
      return { ...view, previews: { ...view.previews, [event.picture]: event.image } };
    case "progress":
      return {
        ...view,
        state: "running",
        done: event.done,
        progress: { count: event.count, total: event.total, unit: event.unit, name: event.name },
      };
    case "image": {
      const others = view.images.filter(({ id }) => id !== event.image.id);
      return { ...view, images: [...others, event.image].sort((a, b) => a.index - b.index) };
    }
    case "done":
      return { ...view, state: "done", done: 1, remainingMs: 0 };
    case "failed":
      return { ...view, state: "failed", error: event.error };
    case "cancelled":
      return { ...view, state: "cancelled" };
  }
}

/** Whether nothing more will happen to it. */
export const isOver = ({ state }: Pick<JobView, "state">): boolean => state !== "queued" && state !== "running";
