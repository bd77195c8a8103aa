// The queue inside one process: its line is the catalogue's, its worker is here. After a restart the line is there again.

import { setTimeout as delay } from "node:timers/promises";
import type { JobTable, QueuedJob } from "../catalogue/jobs.ts";
import type { Queue, StopReason } from "./queue.ts";
import { lookAhead, takingOrder } from "./taking-order.ts";

/** A queue for the jobs of `jobs`, which no other process takes from. */
export function embeddedQueue(jobs: Pick<JobTable, "head">): Queue {
  const running = new Map<string, AbortController>();
  let wake = () => {};

  return {
    // The job stands in the catalogue's line already.
    async add() {
      wake();
    },
    work(work, { concurrency, networks }) {
      let isOpen = true;
      let overtakes = 0;
      const inFlight = new Set<Promise<void>>();
      const engaged = new Set<string>();
      const release = (id: string) => {
        if (engaged.delete(id)) wake();
      };
      async function next(): Promise<string | undefined> {
        if (engaged.size >= concurrency) return undefined;
        // Those taken stay in the line until their work has begun.
        const line = (await headOf(jobs, running.size + lookAhead)).filter(({ id }) => !running.has(id));
        const [network] = await takingOrder(line, { networks, overtakes });
        const job = line.find((one) => one.network === network);
        overtakes = job === line[0] ? 0 : overtakes + 1;
        return job?.id;
      }
      const loop = (async () => {
        while (isOpen) {
          const woken = new Promise<void>((resolve) => (wake = resolve));
          const id = await next();
          if (id === undefined || !isOpen) {
            if (isOpen) await woken;
            continue;
          }
          const controller = new AbortController();
          running.set(id, controller);
          engaged.add(id);
          const done = work(id, controller.signal, () => release(id))
            // The job still stands in the line, and is taken again later.
            .catch(() => delay(1000))
            .finally(() => {
              running.delete(id);
              release(id);
              inFlight.delete(done);
            });
          inFlight.add(done);
        }
      })();
      return {
        async close(patienceMs) {
          isOpen = false;
          wake();
          await loop;
          const timer = setTimeout(() => {
            for (const controller of running.values()) controller.abort("drained" satisfies StopReason);
          }, patienceMs);
          await Promise.all(inFlight);
          clearTimeout(timer);
        },
      };
    },
    async cancel(id) {
      running.get(id)?.abort("cancelled" satisfies StopReason);
    },
    async close() {},
  };
}

/** The head of the line; empty while the catalogue does not answer: a later look finds it. */
async function headOf(jobs: Pick<JobTable, "head">, count: number): Promise<QueuedJob[]> {
  try {
    return await jobs.head(count);
  } catch {
    await delay(1000);
    return [];
  }
}
