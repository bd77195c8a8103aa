// The log of jobs for many processes: one Redis stream that workers append to. A server reads all of it into logs of its own,
// which its readers follow; its ids are the stream's, so that a client may go on at another server. Workers only append.

import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { RedisLink } from "../redis/redis.ts";
import type { JobHappening } from "../schema/job-event.ts";
import { jobLogOptions, memoryEventLog } from "./event-log.ts";
import type { EventLog, MemoryEventLog, SharedEventLog } from "./event-log.ts";

/** What a server does besides reading. */
export interface RedisEventLogOptions {
  /** The last happenings of those of these jobs that are over: asked about jobs whose readers wait for one. */
  readonly ended: (jobs: readonly string[]) => Promise<ReadonlyMap<string, JobHappening>>;
  /** Is called when the line has moved. */
  readonly onMove: () => void;
  /** How often to look for jobs whose end could not be told by the worker, which was killed: every 5 seconds by default. */
  readonly auditEveryMs?: number;
}

/** So many events are kept for those who were cut off. */
const streamLength = 5000;
const readCount = 500;
const blockMs = 5000;
const startOfStream = "0-0";

/** The log of a worker, which nobody reads there. */
export const redisEventLogOfWorker = (redis: RedisLink): SharedEventLog<JobHappening> => ({
  append: appendTo(redis),
  begin: async () => {},
  has: () => false,
  latest: () => undefined,
  async *follow() {},
  forget() {},
  close: () => flushed(redis.client),
});

/** The log of a server. */
export async function redisEventLog(
  redis: RedisLink,
  { ended, onMove, auditEveryMs = 5000 }: RedisEventLogOptions,
): Promise<SharedEventLog<JobHappening>> {
  let cursor = await lastId(redis);
  let between = 0;
  // Ids of what only this server tells lie between those of the stream.
  const newId = () => {
    between++;
    const [ms, count] = cursor.split("-");
    return `${ms}-${Number(count) + between / (between + 1)}`;
  };
  const mirror = memoryEventLog({ ...jobLogOptions, newId });
  const append = appendTo(redis);

  const reader = redis.another();
  const reading = read(reader, {
    key: keyOf(redis),
    from: () => cursor,
    receive(id, job, happening) {
      [cursor, between] = [id, 0];
      mirror.receive(job, { ...happening, id });
      if (happening.kind === "started" || happening.kind === "cancelled") onMove();
    },
  });

  const audit = startAudit(mirror, ended, auditEveryMs);
  return {
    ...mirror,
    append(job, happening) {
      // Every server tells places itself, to those who wait there.
      if (happening.kind === "queued") mirror.append(job, happening);
      else append(job, happening);
    },
    async close() {
      clearInterval(audit);
      reader.disconnect();
      await reading;
      await flushed(redis.client);
    },
  };
}

const keyOf = ({ prefix }: RedisLink): string => `${prefix}:events`;

const appendTo =
  (redis: RedisLink): EventLog<JobHappening>["append"] =>
  (job, happening) => {
    // While Redis is away, what later ones supersede is not worth to wait for it.
    if (redis.client.status !== "ready" && happening.kind in jobLogOptions.kept) return;
    const event = JSON.stringify({ ...happening, at: new Date().toISOString() });
    redis.client
      .xadd(keyOf(redis), "MAXLEN", "~", streamLength, "*", "job", job, "event", event)
      .catch(() => undefined);
  };

async function lastId(redis: RedisLink): Promise<string> {
  const [last] = await redis.client.xrevrange(keyOf(redis), "+", "-", "COUNT", 1);
  return last?.[0] ?? startOfStream;
}

/** Reads the stream until the connection is closed. */
async function read(
  reader: Redis,
  {
    key,
    from,
    receive,
  }: {
    readonly key: string;
    readonly from: () => string;
    readonly receive: (id: string, job: string, happening: JobHappening & { readonly at: string }) => void;
  },
): Promise<void> {
  let isOpen = true;
  reader.once("end", () => (isOpen = false));
  while (isOpen) {
    try {
      const found = await reader.xread("COUNT", readCount, "BLOCK", blockMs, "STREAMS", key, from());
      for (const [, entries] of found ?? [])
        for (const [id, [, job, , event]] of entries) receive(id, job, JSON.parse(event));
    } catch {
      if (isOpen) await delay(100);
    }
  }
}

/** Tells the ends that nobody told: twice in a row a job was over and its readers wait. */
function startAudit(
  mirror: MemoryEventLog<JobHappening>,
  ended: RedisEventLogOptions["ended"],
  everyMs: number,
): NodeJS.Timeout {
  let suspects: ReadonlyMap<string, JobHappening> = new Map();
  return setInterval(async () => {
    const followed = mirror.followed();
    const over = followed.length === 0 ? new Map() : await ended(followed).catch(() => new Map());
    for (const [job, happening] of over) if (suspects.has(job)) mirror.append(job, happening);
    suspects = over;
  }, everyMs).unref();
}

/** Resolves when all that was sent before is there; at once while it is away. */
async function flushed(client: Redis): Promise<void> {
  if (client.status === "ready") await client.ping().catch(() => undefined);
}
