// The line of jobs that wait for a worker. Jobs themselves are in the catalogue; a queue brings their ids to workers.

import type { QueuedJob } from "../catalogue/jobs.ts";

/**
 * What a worker does with a job. `signal` is aborted when it is cancelled (reason "cancelled") or is to be put back ("drained").
 * `release` says that the job needs its engines no more: the worker takes its next one while this one's pictures are kept.
 */
export type Work = (id: string, signal: AbortSignal, release: () => void) => Promise<void>;

/** Why work is aborted. */
export type StopReason = "cancelled" | "drained" | "took-too-long";

/** A worker that takes jobs. */
export interface Worker {
  /** Takes no more; waits so long for those that run, then aborts them as "drained" and waits for that. */
  close(patienceMs: number): Promise<void>;
}

/** What a worker has, of what jobs need first of all. */
export interface Networks {
  /** Whether it is open, so that work with it begins at once. */
  isOpen(network: string): Promise<boolean>;
  /** Whether it is on the worker's machine. */
  has(network: string): Promise<boolean>;
}

/** How to take jobs. */
export interface WorkOptions {
  /** How many jobs have engines at a time, at most. */
  readonly concurrency: number;
  readonly networks: Networks;
}

/** A queue. */
export interface Queue {
  /** Lets a worker have the job, which is in the catalogue. The same one twice is one job. */
  add(job: QueuedJob): Promise<void>;
  /**
   * Takes jobs for `work`, so many at a time, in the order of the line but for those that the worker has the network open
   * for. Work that throws could not tell the catalogue how it ended: the job is taken again.
   */
  work(work: Work, options: WorkOptions): Worker;
  /** Aborts the work on it, wherever that is. */
  cancel(id: string): Promise<void>;
  close(): Promise<void>;
}
