// The queue of many processes: BullMQ on Redis. There is one BullMQ queue for each network that jobs need, so that a worker can
// choose among them; which it chooses, the catalogue's line says. Redis hands every job to one worker, and to another when
// that one's lock runs out. The catalogue is the truth: what Redis has lost is added from there.

import { createHash, randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Queue as Bull, Worker as Taker } from "bullmq";
import type { Job } from "bullmq";
import type { JobTable, QueuedJob } from "../catalogue/jobs.ts";
import type { RedisLink } from "../redis/redis.ts";
import type { Queue, StopReason, Work, WorkOptions, Worker } from "./queue.ts";
import { lookAhead, takingOrder } from "./taking-order.ts";

/** How to queue. */
export interface BullmqOptions {
  /** After so long without a sign of its worker a job is given to another: 15 seconds by default. */
  readonly stalledAfterMs?: number;
  /** How often to look for jobs that Redis lost: every 30 seconds by default. */
  readonly recountEveryMs?: number;
}

/** The highest priority that requests may have; BullMQ counts from 1, the first to be taken, upwards. */
const highest = 10;
/** A worker asks for news so often: for jobs that wait out a pause after a failure, and for those of workers that are gone. */
const lookEveryMs = 1000;
/** A request does not wait longer for Redis: a new job is in the catalogue, and is added from there. */
const patienceMs = 2000;
/** How long a job is known as cancelled to a worker that could not be told. */
const cancelledSeconds = 24 * 3600;
const mostOpen = 10_000;

/** The queue in `redis` for the jobs of `jobs`. */
export function bullmqQueue(
  redis: RedisLink,
  jobs: Pick<JobTable, "head" | "open">,
  { stalledAfterMs = 15_000, recountEveryMs = 30_000 }: BullmqOptions = {},
): Queue {
  const { client, prefix } = redis;
  const [wakeChannel, cancelChannel] = [`${prefix}:wake`, `${prefix}:cancel`];
  const networksKey = `${prefix}:networks`;
  const cancelledKey = (id: string) => `${prefix}:cancelled:${id}`;
  const running = new Map<string, AbortController>();
  const wakers = new Set<() => void>();
  const bulls = new Map<string, Bull>();

  function bullOf(network: string): Bull {
    const found = bulls.get(network);
    if (found !== undefined) return found;
    const bull = new Bull(nameOf(network), { connection: client, prefix, skipVersionCheck: true });
    bull.on("error", () => undefined);
    bulls.set(network, bull);
    return bull;
  }

  async function add(waiting: readonly QueuedJob[]): Promise<void> {
    for (const network of new Set(waiting.map((job) => job.network))) {
      await client.sadd(networksKey, network);
      await bullOf(network).addBulk(
        waiting
          .filter((job) => job.network === network)
          .map(({ id, priority }) => ({
            name: "job",
            data: {},
            opts: {
              jobId: bullId(id),
              priority: 1 + highest - priority,
              removeOnComplete: true,
              removeOnFail: true,
              // How often a job may be begun is the catalogue's to count: this is for parts that are away.
              attempts: 1_000_000,
              backoff: { type: "doubling" },
            },
          })),
      );
    }
    await client.publish(wakeChannel, "");
  }

  /** Adds what is not over; what is there is not added again. */
  async function recount(): Promise<void> {
    const open = await jobs.open(mostOpen);
    if (open.length > 0) await add(open);
  }
  const recountQuietly = () => void recount().catch(() => undefined);

  const subscriber = redis.another();
  subscriber.on("message", (channel: string, id: string) => {
    if (channel === cancelChannel) running.get(id)?.abort("cancelled" satisfies StopReason);
    else for (const wake of wakers) wake();
  });
  // At the start, and whenever the connection is made anew.
  subscriber.on("ready", () => {
    recountQuietly();
    for (const [id, controller] of running) void stopIfCancelled(id, controller).catch(() => undefined);
  });
  void subscriber.subscribe(wakeChannel, cancelChannel).catch(() => undefined);
  const recounting = setInterval(recountQuietly, recountEveryMs).unref();

  async function stopIfCancelled(id: string, controller: AbortController): Promise<void> {
    if ((await client.exists(cancelledKey(id))) === 1) controller.abort("cancelled" satisfies StopReason);
  }

  function startWorker(work: Work, { concurrency, networks }: WorkOptions): Worker {
    let isOpen = true;
    let overtakes = 0;
    const takers = new Map<string, Promise<Taker>>();
    const inFlight = new Set<Promise<void>>();
    const engaged = new Set<string>();
    let wake = () => {};
    const release = (id: string) => {
      if (engaged.delete(id)) wake();
    };

    const takerOf = (network: string): Promise<Taker> => {
      const found =
        takers.get(network) ??
        (async () => {
          const taker = new Taker(nameOf(network), undefined, {
            connection: client,
            prefix,
            skipVersionCheck: true,
            autorun: false,
            lockDuration: stalledAfterMs,
            stalledInterval: stalledAfterMs,
            maxStalledCount: 1_000_000,
            settings: { backoffStrategy: (attempts) => Math.min(500 * 2 ** Math.min(attempts, 7), 60_000) },
          });
          taker.on("error", () => undefined);
          await taker.startStalledCheckTimer();
          return taker;
        })();
      takers.set(network, found);
      return found;
    };

    async function take(): Promise<{ readonly job: Job; readonly token: string } | undefined> {
      const line = await jobs.head(lookAhead);
      // Also those of which no job waits in the line: jobs of workers that are gone run, as far as the catalogue knows.
      const known = await client.smembers(networksKey);
      for (const network of new Set([...(await takingOrder(line, { networks, overtakes })), ...known])) {
        if (!(await networks.has(network))) continue;
        const token = randomUUID();
        const job = (await (await takerOf(network)).getNextJob(token, { block: false })) as Job | undefined;
        if (job === undefined) continue;
        overtakes = network === line[0]?.network ? 0 : overtakes + 1;
        return { job, token };
      }
      return undefined;
    }

    async function run({ job, token }: { readonly job: Job; readonly token: string }): Promise<void> {
      const id = idOf(job);
      const controller = new AbortController();
      running.set(id, controller);
      engaged.add(id);
      const sign = setInterval(
        () => void job.extendLock(token, stalledAfterMs).catch(() => undefined),
        stalledAfterMs / 3,
      );
      try {
        await stopIfCancelled(id, controller);
        await work(id, controller.signal, () => release(id));
        if (controller.signal.reason === ("drained" satisfies StopReason)) await job.moveToWait(token);
        else await job.moveToCompleted(null, token, false);
      } catch (error) {
        // Where not even this can be told, the lock runs out.
        await job.moveToFailed(error as Error, token, false).catch(() => undefined);
      } finally {
        clearInterval(sign);
        running.delete(id);
        release(id);
      }
    }

    const loop = (async () => {
      while (isOpen) {
        const woken = new Promise<void>((resolve) => (wake = resolve));
        wakers.add(wake);
        const taken = engaged.size < concurrency ? await take().catch(() => undefined) : undefined;
        if (taken !== undefined) {
          const done: Promise<void> = run(taken).finally(() => inFlight.delete(done));
          inFlight.add(done);
        } else if (engaged.size < concurrency) {
          const look = new AbortController();
          await Promise.race([woken, pause(lookEveryMs, look.signal)]);
          look.abort();
        } else await woken;
        wakers.delete(wake);
      }
    })();

    return {
      async close(patienceMs) {
        isOpen = false;
        wake();
        const timer = setTimeout(() => {
          for (const controller of running.values()) controller.abort("drained" satisfies StopReason);
        }, patienceMs);
        await loop;
        await Promise.all(inFlight);
        clearTimeout(timer);
        for (const taker of takers.values()) await (await taker).close(true);
      },
    };
  }

  return {
    add: (job) => within(patienceMs, add([job])),
    work: startWorker,
    async cancel(id) {
      const telling = client
        .multi()
        .set(cancelledKey(id), "", "EX", cancelledSeconds)
        .publish(cancelChannel, id)
        .exec();
      await within(patienceMs, telling);
    },
    async close() {
      clearInterval(recounting);
      for (const bull of bulls.values()) await bull.close();
    },
  };
}

/** BullMQ allows no colons in names. */
const nameOf = (network: string): string => createHash("sha256").update(network).digest("hex").slice(0, 16);

/** BullMQ allows no ids of digits only. */
const bullId = (id: string): string => `job-${id}`;
const idOf = (job: Job): string => job.id!.slice("job-".length);

/** Resolves after so long, or when `signal` is aborted. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  delay(ms, undefined, { signal }).catch(() => undefined);

/** Waits for it, but not for long: while Redis is away it waits to be sent there. */
const within = async (ms: number, work: Promise<unknown>): Promise<void> => {
  const enough = new AbortController();
  await Promise.race([work.catch(() => undefined), pause(ms, enough.signal)]);
  enough.abort();
};
