// The parts of a server, opened and put together; and how they are closed.

import { join } from "node:path";
import { serverApp } from "./app.ts";
import type { AppOptions } from "./app.ts";
import { runJob } from "./jobs/run-job.ts";
import { workerNetworks } from "./jobs/worker-networks.ts";
import { serverMetrics } from "./metrics.ts";
import type { Metrics } from "./metrics.ts";
import { openServices } from "./open-services.ts";
import { openOwnParts } from "./own-parts.ts";
import type { Worker } from "./queue/queue.ts";
import { streamGate } from "./routes/event-stream.ts";
import type { ServerOptions } from "./server-options.ts";
import type { Services } from "./services.ts";
import { openSharedParts } from "./shared-parts.ts";
import { openDatasets } from "./training/datasets.ts";
import { openTrainingRuns } from "./training/training-runs.ts";

/** An open server, without the socket. */
export interface Parts {
  readonly services: Services;
  /** Answers requests. */
  fetch(request: Request, env: object): Response | Promise<Response>;
  /** Begins to work on the jobs of the line. */
  start(): void;
  /** From now on the server says that it is about to end. */
  drain(): void;
  /** Ends: what runs has so long to finish, else it is put back into the line. */
  close(patienceMs: number): Promise<void>;
}

/** Opens the parts of a server that listens as `address` says. */
export async function openParts(options: ServerOptions, { loopback }: { readonly loopback: boolean }): Promise<Parts> {
  const { data, shared, report = () => {} } = options;
  const kept =
    shared === undefined ? await openOwnParts(data) : await openSharedParts(shared, (): Services => services);
  const opened = openServices(kept, { ...options, nsfw: options.nsfw ?? (loopback ? "off" : "blur") });
  const { limits, queue, engines, catalogue } = opened;
  const gate = streamGate(limits.streams);
  const metrics = serverMetrics({ jobs: catalogue.jobs, engines, streams: gate });
  const services: Services = { ...opened, events: counted(opened.events, metrics) };
  // Runs and data sets are folders of one machine.
  const training =
    shared === undefined
      ? await openTrainingRuns(services, {
          folder: join(data, "runs"),
          datasets: openDatasets({ folder: options.datasets, uploads: join(data, "datasets"), limits }),
        })
      : undefined;

  let isDraining = false;
  let worker: Worker | undefined;
  const { keys = [], allowOpen = false, hosts = [], origins = [] } = options;
  const app = serverApp(
    {
      services,
      training,
      metrics,
      gate,
      isDraining: () => isDraining,
      report: (error, request) => report(`${request}: ${(error as Error).stack ?? String(error)}`),
      more: options.more,
    },
    { loopback, keys, allowOpen, hosts, origins } satisfies AppOptions,
  );
  return {
    services,
    fetch: (request, env) => app.fetch(request, env),
    start() {
      const { concurrency = 1 } = options;
      if (!isDraining && concurrency > 0)
        worker ??= queue.work((id, signal, release) => runJob(services, id, signal, release), {
          concurrency,
          networks: workerNetworks(services),
        });
    },
    drain: () => void (isDraining = true),
    async close(patienceMs) {
      isDraining = true;
      await Promise.all([worker?.close(patienceMs), training?.close()]);
      await engines.close();
      await kept.close();
    },
  };
}

/** `log`, whose happenings are measured. */
const counted = (log: Services["events"], metrics: Metrics): Services["events"] => ({
  ...log,
  append(job, happening) {
    metrics.happened(happening);
    log.append(job, happening);
  },
});
