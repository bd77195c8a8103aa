// /v1/health and /metrics: whether the server is well.

import { createRoute, z } from "@hono/zod-openapi";
import { version } from "@noisette/core/util/version";
import type { Metrics } from "../metrics.ts";
import { health } from "../schema/server-info.ts";
import type { Services } from "../services.ts";
import { json, problems, routes } from "./route.ts";

const read = createRoute({
  method: "get",
  path: "/v1/health",
  tags: ["server"],
  summary: "Whether the server is well, and what it allows",
  responses: { 200: json(health, "It is well"), ...problems },
});

const readMetrics = createRoute({
  method: "get",
  path: "/metrics",
  tags: ["server"],
  summary: "Measurements, in the text format of Prometheus",
  responses: { 200: { description: "The metrics", content: { "text/plain": { schema: z.string() } } }, ...problems },
});

/** The routes of health; `isDraining` says that the server is about to end. */
export const healthRoutes = (services: Services, metrics: Metrics, isDraining: () => boolean) =>
  routes()
    .openapi(read, async (c) => {
      const { jobs } = services.catalogue;
      const [queued, running] = await Promise.all([jobs.waiting(), jobs.running()]);
      const status = isDraining() ? ("draining" as const) : ("ok" as const);
      const uptimeSeconds = Math.round(process.uptime());
      return c.json({ status, version, uptimeSeconds, queued, running, limits: services.limits }, 200);
    })
    .openapi(readMetrics, async (c) => {
      c.header("content-type", metrics.contentType);
      return c.body(await metrics.text()) as never;
    });
