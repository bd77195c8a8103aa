// A worker: takes jobs that servers accepted, on this machine or another. `const worker = await startWorker(options)`, in the end
// `await worker.close()`.

import { runJob } from "./jobs/run-job.ts";
import { workerNetworks } from "./jobs/worker-networks.ts";
import { openServices } from "./open-services.ts";
import { preload } from "./engines/preload.ts";
import type { WorkerOptions } from "./server-options.ts";
import { openSharedParts } from "./shared-parts.ts";

/** A worker that takes jobs. */
export interface JobWorker {
  /** Opens the default model before the first job. */
  preload(): Promise<void>;
  /** Ends: what runs has `patienceMs` to finish, else it is put back into the line. */
  close(options?: { readonly patienceMs?: number }): Promise<void>;
}

/** Opens a worker and lets it take jobs. */
export async function startWorker(options: WorkerOptions): Promise<JobWorker> {
  const kept = await openSharedParts(options.shared, undefined);
  const services = openServices(kept, options);
  const worker = services.queue.work((id, signal, release) => runJob(services, id, signal, release), {
    concurrency: options.concurrency ?? 1,
    networks: workerNetworks(services),
  });
  return {
    preload: () => preload(services),
    async close({ patienceMs = 0 } = {}) {
      await worker.close(patienceMs);
      await services.engines.close();
      await kept.close();
    },
  };
}
