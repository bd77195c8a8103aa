// /v1/jobs: sending work, looking at it, ending it.

import { createRoute, z } from "@hono/zod-openapi";
import type { JobRow } from "../catalogue/jobs.ts";
import type { Caller } from "../guard/keys.ts";
import { refuse } from "../guard/refuse.ts";
import { acceptJob } from "../jobs/accept-job.ts";
import { cancelJob } from "../jobs/cancel-job.ts";
import { jobView, jobViews } from "../jobs/job-view.ts";
import { jobRequest } from "../schema/job-request.ts";
import { job, jobPage, jobQuery } from "../schema/job.ts";
import type { JobState } from "../schema/job.ts";
import type { Services } from "../services.ts";
import { idParameter, json, jsonBody, problems, routes } from "./route.ts";
import { numberOf } from "./pages.ts";

const create = createRoute({
  method: "post",
  path: "/v1/jobs",
  tags: ["jobs"],
  summary: "Send a job",
  description: "Once this answers, the job is kept: it is finished also when the server is killed and started again.",
  request: {
    headers: z.object({
      "idempotency-key": z.string().max(200).optional().describe("The same job sent twice under one key is made once"),
    }),
    body: jsonBody(jobRequest),
  },
  responses: { 202: json(job, "The job, waiting in the line"), ...problems },
});

const list = createRoute({
  method: "get",
  path: "/v1/jobs",
  tags: ["jobs"],
  summary: "List jobs, the newest first",
  request: { query: jobQuery },
  responses: { 200: json(jobPage, "A page of jobs"), ...problems },
});

const read = createRoute({
  method: "get",
  path: "/v1/jobs/{id}",
  tags: ["jobs"],
  summary: "Look at a job",
  request: { params: idParameter },
  responses: { 200: json(job, "The job"), ...problems },
});

const cancel = createRoute({
  method: "delete",
  path: "/v1/jobs/{id}",
  tags: ["jobs"],
  summary: "Cancel a job",
  description: "One that waits ends at once, one that runs after its step; its finished pictures stay.",
  request: { params: idParameter },
  responses: { 200: json(job, "The job"), ...problems },
});

/** The job `id`, if `caller` may see it. Throws a problem where there is none. */
export async function jobOf({ catalogue }: Services, id: string, caller: Caller): Promise<JobRow> {
  const row = await catalogue.jobs.find(id);
  if (row !== undefined && (caller.isOperator || row.owner === caller.owner)) return row;
  throw refuse("not-found", `Cannot find the job "${id}": there is none of this id`);
}

/** The routes of jobs. */
export const jobRoutes = (services: Services) =>
  routes()
    .openapi(create, async (c) => {
      const row = await acceptJob(services, await c.req.json(), {
        owner: c.get("caller").owner,
        idempotencyKey: c.req.header("idempotency-key"),
      });
      return c.json(await jobView(services, row), 202, { location: `/v1/jobs/${row.id}` });
    })
    .openapi(list, async (c) => {
      const { state, limit, before } = c.req.valid("query");
      const { owner, isOperator } = c.get("caller");
      const states: JobState[] | undefined = state === "open" ? ["queued", "running"] : state && [state];
      const rows = await services.catalogue.jobs.search({
        ...(!isOperator && { owner }),
        states,
        below: numberOf(before),
        limit,
      });
      const next = rows.length < limit ? undefined : String(rows.at(-1)!.number);
      return c.json({ jobs: await jobViews(services, rows), ...(next && { next }) }, 200);
    })
    .openapi(read, async (c) => {
      const row = await jobOf(services, c.req.valid("param").id, c.get("caller"));
      return c.json(await jobView(services, row), 200);
    })
    .openapi(cancel, async (c) => {
      const { id } = await jobOf(services, c.req.valid("param").id, c.get("caller"));
      await cancelJob(services, id);
      return c.json(await jobView(services, await jobOf(services, id, c.get("caller"))), 200);
    });
