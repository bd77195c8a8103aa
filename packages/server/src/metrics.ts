// What is measured, for Prometheus.

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { JobTable } from "./catalogue/jobs.ts";
import type { EnginePool } from "./engines/engine-pool.ts";
import type { JobHappening } from "./schema/job-event.ts";

/** The measurements of one server. */
export interface Metrics {
  readonly contentType: string;
  /** All of them, in Prometheus' text format. */
  text(): Promise<string>;
  /** Counts what happened to a job. */
  happened(happening: JobHappening): void;
  /** Counts an answer that took so long. */
  answered(answer: { readonly method: string; readonly status: number; readonly seconds: number }): void;
}

/** Measures a server with these parts. */
export function serverMetrics({
  jobs,
  engines,
  streams,
}: {
  readonly jobs: JobTable;
  readonly engines: EnginePool;
  readonly streams: { readonly open: number };
}): Metrics {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  const ended = new Counter({
    name: "noisette_jobs_ended_total",
    help: "Jobs that ended, by how",
    labelNames: ["how"],
    registers,
  });
  const images = new Counter({ name: "noisette_images_total", help: "Pictures that were finished", registers });
  const stepSeconds = new Histogram({
    name: "noisette_step_seconds",
    help: "Time of one denoising step",
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100],
    registers,
  });
  const requestSeconds = new Histogram({
    name: "noisette_request_seconds",
    help: "Time until an answer begins",
    labelNames: ["method", "status"],
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    registers,
  });
  const measured = (name: string, help: string, measure: () => number | Promise<number>) =>
    new Gauge({
      name,
      help,
      registers,
      async collect() {
        this.set(await measure());
      },
    });
  measured("noisette_jobs_queued", "Jobs that wait", () => jobs.waiting());
  measured("noisette_jobs_running", "Jobs that run", () => jobs.running());
  measured("noisette_engines_open", "Engines that are open", () => engines.open().length);
  measured("noisette_streams_open", "Event streams that are open", () => streams.open);
  return {
    contentType: register.contentType,
    text: () => register.metrics(),
    happened(happening) {
      const { kind } = happening;
      if (kind === "step") stepSeconds.observe(happening.stepMs / 1000);
      if (kind === "image") images.inc();
      if (kind === "done" || kind === "failed" || kind === "cancelled") ended.inc({ how: kind });
    },
    answered: ({ method, status, seconds }) => requestSeconds.observe({ method, status }, seconds),
  };
}
