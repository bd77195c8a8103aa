// One job from the line to its end. Each step is in the catalogue before it is told, so that a job that is begun again,
// after a crash of the engine or of the whole server, goes on with what is missing.

import { isAway } from "../away.ts";
import { isEngineCrash } from "../engines/engine-pool.ts";
import { problemOf, problemOfError, Refusal } from "../guard/refuse.ts";
import type { StopReason } from "../queue/queue.ts";
import type { JobHappening } from "../schema/job-event.ts";
import type { JobTask, RequestOf } from "../schema/job-request.ts";
import type { Problem } from "../schema/problem.ts";
import type { Services } from "../services.ts";
import { download } from "./download.ts";
import { generate } from "./generate.ts";
import { upscale } from "./upscale.ts";

/** What a task is given. */
export interface TaskContext<T extends JobTask> {
  readonly services: Services;
  readonly job: string;
  readonly request: RequestOf<T>;
  /** Whether it was never begun before; otherwise pictures may have been made. */
  readonly isFirst: boolean;
  readonly signal: AbortSignal;
  /** Says that the job needs its engines no more. */
  release(): void;
  tell(happening: JobHappening): void;
  /** A sentence for the user, which stays with the job. */
  notice(text: string): Promise<void>;
}

/** Does the work and says how many pictures the job has then; throws when it cannot be done. */
export type Task<T extends JobTask> = (context: TaskContext<T>) => Promise<number>;

const tasks: { readonly [T in JobTask]: Task<T> } = { generate, upscale, download };

/** A job that was begun so often without an end takes the server down with it. */
export const mostAttempts = 5;

/** Does the job `id`. Never throws for what the job does; throws when it is to be done again, since some part is away. */
export async function runJob(services: Services, id: string, stop: AbortSignal, release: () => void): Promise<void> {
  const { catalogue, events, limits } = services;
  const row = await catalogue.jobs.begin(id);
  if (row === undefined) return;
  services.tellPlaces();
  const tell = (happening: JobHappening) => events.append(id, happening);
  if (row.attempts > mostAttempts) return end("failed", neverEnds);
  tell({ kind: "started", attempt: row.attempts });

  const timer = new AbortController();
  const timeout = setTimeout(() => timer.abort("took-too-long" satisfies StopReason), 1000 * limits.jobSeconds);
  const signal = AbortSignal.any([stop, timer.signal]);
  const context = {
    services,
    job: id,
    request: row.request,
    isFirst: row.is_first,
    signal,
    release,
    tell,
    async notice(text: string) {
      await catalogue.jobs.addNotice(id, text);
      tell({ kind: "notice", text });
    },
  };
  const work = tasks[row.request.task] as Task<JobTask>;
  try {
    const images = await work(context).catch(async (error: unknown) => {
      if (!isEngineCrash(error) || signal.aborted) throw error;
      await context.notice("the engine ended in the middle of the job: it goes on with a fresh one");
      return work({ ...context, isFirst: false });
    });
    if (await catalogue.jobs.finish(id, "done")) tell({ kind: "done", images });
  } catch (error) {
    const reason = signal.aborted ? (signal.reason as StopReason) : undefined;
    if (reason === "drained") {
      await catalogue.jobs.putBack(id);
      services.tellPlaces();
    } else if (reason === "cancelled") await end("cancelled");
    else if (isAway(error)) {
      // It is well when this fails too: the queue brings the job again.
      await catalogue.jobs.putBack(id).catch(() => undefined);
      throw error;
    } else await end("failed", reason === undefined ? problemOfJob(error) : tooLong(limits.jobSeconds));
  } finally {
    clearTimeout(timeout);
  }

  async function end(state: "failed" | "cancelled", error?: Problem): Promise<void> {
    if (!(await catalogue.jobs.finish(id, state, error))) return;
    tell(state === "failed" ? { kind: "failed", error: error! } : { kind: "cancelled" });
  }
}

const neverEnds = problemOf(
  "begun-too-often",
  `Cannot finish the job: it was begun ${mostAttempts} times, and each time its process ended (a smaller job is wanted)`,
);

const tooLong = (seconds: number): Problem =>
  problemOf("took-too-long", `Cannot finish the job: it took longer than ${seconds} seconds (a smaller one is wanted)`);

/** Why a job failed: what core says of it is for the client to mend; a crash or a full disk is not. */
function problemOfJob(error: unknown): Problem {
  if (isEngineCrash(error)) return problemOf("engine-crashed", (error as Error).message);
  const problem = problemOfError(error);
  const isOfCore = !(error instanceof Refusal) && problem.type.endsWith("#internal");
  return isOfCore && problem.detail.startsWith("Cannot ") ? problemOf("generation-failed", problem.detail) : problem;
}
