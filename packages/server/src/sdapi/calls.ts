// Calls of txt2img and img2img while they run: what /progress tells of, and what /interrupt and /skip end.

import { cancelJob } from "../jobs/cancel-job.ts";
import { awaitJob } from "../jobs/await-job.ts";
import { removePicture } from "../jobs/pictures.ts";
import type { ImageRecord } from "../schema/image.ts";
import type { JobEvent } from "../schema/job-event.ts";
import type { ResolvedRequest } from "../schema/job-request.ts";
import type { Services } from "../services.ts";
import { nthSeeds } from "./generate-jobs.ts";
import type { GenerateJob } from "./generate-jobs.ts";

/** A call that has not been answered. */
export interface Call {
  readonly owner: string;
  readonly startedMs: number;
  /** All pictures it is to make. */
  readonly pictures: number;
  /** Pictures before the job that runs. */
  before: number;
  job: string | undefined;
  isRunning: boolean;
  step: Extract<JobEvent, { kind: "step" }> | undefined;
  /** Finished pictures of the job that runs. */
  finished: number;
  /** data: URL of what the picture looks like now. */
  preview: string | undefined;
  isInterrupted: boolean;
  isSkipping: boolean;
}

/** What a call came to. */
export interface CallResult {
  readonly images: readonly ImageRecord[];
  readonly notices: readonly string[];
  /** The jobs as they were accepted: their seeds are settled. */
  readonly requests: readonly Extract<ResolvedRequest, { task: "generate" }>[];
}

/** The calls of a server. */
export interface Calls {
  /**
   * Runs the jobs one after the other. Skipped pictures are left out; after an interruption what is finished is all. Where it
   * fails, what is finished leaves the gallery unless it is to be kept.
   */
  run(
    jobs: readonly GenerateJob[],
    sender: { readonly owner: string; readonly signal: AbortSignal; readonly keep: boolean },
  ): Promise<CallResult>;
  /** The owner's call that runs, else the one that came first. */
  current(owner: string): Call | undefined;
  interrupt(owner: string): Promise<void>;
  /** Leaves out the picture that is being made. */
  skip(owner: string): Promise<void>;
}

/** The calls of the server with these services. */
export function openCalls(services: Services): Calls {
  const calls = new Set<Call>();

  const current = (owner: string): Call | undefined => {
    const own = [...calls].filter((call) => call.owner === owner);
    return own.find(({ isRunning }) => isRunning) ?? own[0];
  };

  async function stop(owner: string, how: "isInterrupted" | "isSkipping"): Promise<void> {
    const call = current(owner);
    if (call?.job === undefined) return;
    call[how] = true;
    await cancelJob(services, call.job);
  }

  return {
    current,
    interrupt: (owner) => stop(owner, "isInterrupted"),
    skip: (owner) => stop(owner, "isSkipping"),
    async run(jobs, { owner, signal, keep }) {
      const pictures = jobs.reduce((sum, { options }) => sum + (options.count ?? 1), 0);
      const call: Call = { owner, startedMs: Date.now(), pictures, before: 0, ...fresh };
      const result = {
        images: [] as ImageRecord[],
        notices: new Set<string>(),
        requests: [] as CallResult["requests"][number][],
      };
      const seen: string[] = [];
      calls.add(call);
      try {
        for (const job of jobs) {
          for (let next: GenerateJob | undefined = job; next !== undefined && !call.isInterrupted;) {
            Object.assign(call, fresh);
            const ended = await awaitJob(services, next, {
              owner,
              signal,
              onAccepted: (row) => void (call.job = row.id),
              onEvent(event) {
                note(call, event);
                if (event.kind === "image") seen.push(event.image.id);
              },
            });
            result.images.push(...ended.images);
            for (const notice of ended.notices) result.notices.add(notice);
            const request = ended.row.request as CallResult["requests"][number];
            result.requests.push(request);
            if (ended.isCancelled && !call.isSkipping) call.isInterrupted = true;
            next = ended.isCancelled ? restOf(next, request, ended.images.length + 1) : undefined;
            call.before += ended.images.length + (ended.isCancelled ? 1 : 0);
          }
        }
      } catch (error) {
        for (const id of keep ? [] : seen) await removeFromGallery(services, id);
        throw error;
      } finally {
        calls.delete(call);
      }
      return { ...result, notices: [...result.notices] };
    },
  };
}

async function removeFromGallery(services: Services, id: string): Promise<void> {
  const image = await services.catalogue.images.find(id);
  if (image !== undefined) await removePicture(services, image);
}

const fresh = {
  job: undefined,
  isRunning: false,
  step: undefined,
  finished: 0,
  preview: undefined,
  isInterrupted: false,
  isSkipping: false,
};

function note(call: Call, event: JobEvent): void {
  if (event.kind === "started") call.isRunning = true;
  if (event.kind === "step") call.step = event;
  if (event.kind === "preview") call.preview = event.image;
  if (event.kind === "image") call.finished++;
}

/** What is left of a job behind its first `made` pictures. */
function restOf(job: GenerateJob, { options }: CallResult["requests"][number], made: number): GenerateJob | undefined {
  const count = options.count - made;
  if (count <= 0) return undefined;
  return { ...job, options: { ...job.options, ...nthSeeds(options, options.seed!, made), count } };
}

/** How much of a call is done, from 0 to 1, and the seconds that are left by the job's own estimate. */
export function progressOf(call: Call): { readonly done: number; readonly remaining: number } {
  const inPicture = call.step === undefined || call.step.picture < call.finished ? 0 : call.step.step / call.step.steps;
  const done = Math.min(1, (call.before + call.finished + inPicture) / call.pictures);
  return { done, remaining: (call.step?.remainingMs ?? 0) / 1000 };
}
