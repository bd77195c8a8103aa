// The table of jobs. It is the queue's truth: a job that was accepted stands here before the client hears of it.

import type { ResolvedRequest } from "../schema/job-request.ts";
import type { JobState } from "../schema/job.ts";
import type { Problem } from "../schema/problem.ts";
import type { Database } from "./database.ts";
import { every, sql } from "./sql.ts";
import { storableJson } from "./storable.ts";

/** A row. */
export interface JobRow {
  readonly id: string;
  /** Grows with every job. */
  readonly number: number;
  /** Id of the key it came with; empty without keys. */
  readonly owner: string;
  readonly state: JobState;
  readonly priority: number;
  readonly request: ResolvedRequest;
  /** What it is done with first of all, as `networkOf` says. */
  readonly network: string;
  readonly attempts: number;
  readonly notices: readonly string[];
  readonly error: Problem | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

/** A job that was accepted. */
export interface NewJob {
  readonly id: string;
  readonly owner: string;
  readonly idempotencyKey: string | undefined;
  readonly request: ResolvedRequest;
}

/** A job that is not over, as queues see it. */
export type QueuedJob = Pick<JobRow, "id" | "priority" | "network">;

/** Which jobs to list, newest first. */
export interface JobSearch {
  readonly owner?: string;
  readonly states?: readonly JobState[];
  readonly below?: number;
  readonly limit: number;
}

/** What can be done with the rows. */
export interface JobTable {
  /**
   * Writes it down, unless `most` jobs of its owner wait already: then undefined. With an idempotency key that is known,
   * gives the job that it was given for.
   */
  insert(job: NewJob, most: number): Promise<JobRow | undefined>;
  find(id: string): Promise<JobRow | undefined>;
  search(search: JobSearch): Promise<JobRow[]>;
  /** How many wait; of one owner, or of all. */
  waiting(owner?: string): Promise<number>;
  running(): Promise<number>;
  /** Ids of those that wait, next first. */
  line(limit: number): Promise<string[]>;
  /** Those that wait, next first, as queues see them. */
  head(limit: number): Promise<QueuedJob[]>;
  /** Those that wait or run, the oldest first. */
  open(limit: number): Promise<QueuedJob[]>;
  /** Its place in the line, 1 for next; undefined when it does not wait. */
  place(id: string): Promise<number | undefined>;
  /** Marks it running, once more; undefined when it is over or cancelled. */
  begin(id: string): Promise<(JobRow & { readonly is_first: boolean }) | undefined>;
  /** Puts a running one back into its place of the line, as if it had not been begun this time. */
  putBack(id: string): Promise<void>;
  addNotice(id: string, notice: string): Promise<void>;
  /** Ends it. False when it was over already, and otherwise. */
  finish(id: string, state: "done" | "failed" | "cancelled", error?: Problem): Promise<boolean>;
  /** Cancels it if it waits; false when it does not. */
  cancelWaiting(id: string): Promise<boolean>;
  /** Puts all running ones back: their process is gone. */
  recover(): Promise<void>;
}

/** The network that a job needs first of all: a model or an upscaler; empty for one that needs none. */
export const networkOf = (request: ResolvedRequest): string =>
  request.task === "generate"
    ? `model ${request.model}`
    : request.task === "upscale"
      ? `upscaler ${request.upscaler}`
      : "";

/** The jobs of `database`. */
export function jobTable(database: Database): JobTable {
  const rows = async (statement: ReturnType<typeof sql>): Promise<JobRow[]> =>
    (await database.query<JobRow>(statement)).map((row) => ({ ...row, number: Number(row.number) }));
  const count = async (statement: ReturnType<typeof sql>): Promise<number> =>
    (await database.query<{ count: number }>(statement))[0].count;

  return {
    async insert({ id, owner, idempotencyKey = null, request }, most) {
      const [inserted] = await rows(sql`
        insert into jobs (id, owner, idempotency_key, task, priority, network, request)
        select ${id}, ${owner}, ${idempotencyKey}, ${request.task}, ${request.priority}, ${networkOf(request)},
          ${storableJson(request)}::jsonb
        where (select count(*) from jobs where state = 'queued' and owner = ${owner}) < ${most}
        on conflict do nothing
        returning *`);
      if (inserted !== undefined) return inserted;
      // Sent before under its idempotency key; or written just now, by a statement whose answer was lost.
      const [known] = await rows(
        sql`select * from jobs where id = ${id} or (owner = ${owner} and idempotency_key = ${idempotencyKey})`,
      );
      return known;
    },
    async find(id) {
      return (await rows(sql`select * from jobs where id = ${id}`))[0];
    },
    search({ owner, states, below, limit }) {
      const conditions = [
        ...(owner === undefined ? [] : [sql`owner = ${owner}`]),
        ...(states === undefined ? [] : [sql`state = any(${states})`]),
        ...(below === undefined ? [] : [sql`number < ${below}`]),
      ];
      return rows(sql`select * from jobs where ${every(conditions)} order by number desc limit ${limit}`);
    },
    waiting: (owner) =>
      count(
        owner === undefined
          ? sql`select count(*)::int as count from jobs where state = 'queued'`
          : sql`select count(*)::int as count from jobs where state = 'queued' and owner = ${owner}`,
      ),
    running: () => count(sql`select count(*)::int as count from jobs where state = 'running'`),
    async line(limit) {
      const waiting = await database.query<{ id: string }>(
        sql`select id from jobs where state = 'queued' order by priority desc, number limit ${limit}`,
      );
      return waiting.map(({ id }) => id);
    },
    head: (limit) =>
      database.query<QueuedJob>(
        sql`select id, priority, network from jobs where state = 'queued' order by priority desc, number limit ${limit}`,
      ),
    open: (limit) =>
      database.query<QueuedJob>(sql`
        select id, priority, network from jobs where state in ('queued', 'running') order by number limit ${limit}`),
    async place(id) {
      const [found] = await database.query<{ place: number }>(sql`
        select (select count(*)::int + 1 from jobs other
                where other.state = 'queued'
                  and (other.priority > own.priority or (other.priority = own.priority and other.number < own.number)))
               as place
        from jobs own where id = ${id} and state = 'queued'`);
      return found?.place;
    },
    async begin(id) {
      const [begun] = await rows(sql`
        update jobs set state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, now())
        where id = ${id} and state in ('queued', 'running') returning *, started_at = now() as is_first`);
      return begun as (JobRow & { readonly is_first: boolean }) | undefined;
    },
    async putBack(id) {
      await database.query(sql`
        update jobs set state = 'queued', attempts = attempts - 1 where id = ${id} and state = 'running'`);
    },
    async addNotice(id, notice) {
      await database.query(sql`
        update jobs set notices = notices || to_jsonb(${notice}::text)
        where id = ${id} and not notices @> to_jsonb(${notice}::text) and jsonb_array_length(notices) < 100`);
    },
    async finish(id, state, error) {
      // Over already in this way, by a statement whose answer was lost, is well too.
      const ended = await database.query(sql`
        update jobs set state = ${state}, error = ${error === undefined ? null : storableJson(error)}::jsonb, finished_at = now()
        where id = ${id} and state in ('queued', 'running', ${state}) returning id`);
      return ended.length > 0;
    },
    async cancelWaiting(id) {
      const ended = await database.query(sql`
        update jobs set state = 'cancelled', finished_at = now() where id = ${id} and state = 'queued' returning id`);
      return ended.length > 0;
    },
    async recover() {
      await database.query(sql`update jobs set state = 'queued' where state = 'running'`);
    },
  };
}
