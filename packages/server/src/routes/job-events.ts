// /v1/jobs/{id}/events: what happens to a job, as it happens.

import { createRoute, z } from "@hono/zod-openapi";
import { followJob } from "../jobs/follow-job.ts";
import { jobEvent } from "../schema/job-event.ts";
import type { Services } from "../services.ts";
import { sendEvents } from "./event-stream.ts";
import type { StreamGate } from "./event-stream.ts";
import { jobOf } from "./jobs.ts";
import { idParameter, problems, routes } from "./route.ts";

const watch = createRoute({
  method: "get",
  path: "/v1/jobs/{id}/events",
  tags: ["jobs"],
  summary: "Watch a job",
  description:
    "Server-sent events from the job's first on, or after the id in Last-Event-ID (or in `after`), until it ends. After a restart of the server finished pictures are told again, under new ids.",
  request: {
    params: idParameter,
    headers: z.object({ "last-event-id": z.string().optional() }),
    query: z.object({ after: z.string().optional() }),
  },
  responses: {
    200: { description: "Events", content: { "text/event-stream": { schema: jobEvent } } },
    ...problems,
  },
});

/** The route of a job's events. */
export const jobEventRoutes = (services: Services, gate: StreamGate) =>
  routes().openapi(watch, async (c) => {
    const row = await jobOf(services, c.req.valid("param").id, c.get("caller"));
    return sendEvents(c, gate, (options) => followJob(services, row, options)) as never;
  });
