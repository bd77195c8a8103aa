// Catalogue, pictures, queue and events where several processes share them.

import { openCatalogue } from "./catalogue/catalogue.ts";
import { openPostgres } from "./catalogue/postgres.ts";
import { jobView, happeningsOf } from "./jobs/job-view.ts";
import { redisEventLog, redisEventLogOfWorker } from "./jobs/redis-event-log.ts";
import { bullmqQueue } from "./queue/bullmq-queue.ts";
import { openRedis } from "./redis/redis.ts";
import type { SharedParts } from "./server-options.ts";
import type { Services } from "./services.ts";
import { openSharedStore } from "./store/open-store.ts";

/** The parts that are kept outside of the process, or by it for itself. */
export interface KeptParts extends Pick<Services, "catalogue" | "store" | "queue" | "events"> {
  /** To be called when nothing uses them any more. */
  close(): Promise<void>;
}

/** Opens what is shared. A worker's events are not read there; `services` gives those of a server, once they are open. */
export async function openSharedParts(
  { queue: queueAddress, database, images, stalledAfterMs }: SharedParts,
  services: (() => Services) | undefined,
): Promise<KeptParts> {
  const store = await openSharedStore(images);
  const redis = await openRedis(queueAddress);
  try {
    const catalogue = await openPostgres(database).then(openCatalogue);
    const queue = bullmqQueue(redis, catalogue.jobs, { stalledAfterMs });
    const events =
      services === undefined
        ? redisEventLogOfWorker(redis)
        : await redisEventLog(redis, {
            onMove: () => services().tellPlaces(),
            async ended(jobs) {
              const views = await Promise.all(
                (await Promise.all(jobs.map(catalogue.jobs.find)))
                  .filter((row) => row !== undefined && row.finished_at !== null)
                  .map((row) => jobView(services(), row!)),
              );
              return new Map(views.map((view) => [view.id, happeningsOf(view).at(-1)!]));
            },
          });
    return {
      catalogue,
      store,
      queue,
      events,
      async close() {
        await events.close();
        await queue.close();
        await redis.close();
        await catalogue.close();
      },
    };
  } catch (error) {
    await redis.close();
    throw error;
  }
}
