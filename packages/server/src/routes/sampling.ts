// /v1/samplers and /v1/schedules: core's tables, for menus.

import { createRoute, z } from "@hono/zod-openapi";
import { samplerTable } from "@noisette/core/diffusion/samplers/index";
import { scheduleTable } from "@noisette/core/diffusion/schedules/index";
import { sampler, schedule } from "../schema/sampling.ts";
import { json, problems, routes } from "./route.ts";

const tags = ["sampling"];

const listSamplers = createRoute({
  method: "get",
  path: "/v1/samplers",
  tags,
  summary: "List the samplers",
  responses: { 200: json(z.array(sampler), "The samplers"), ...problems },
});

const listSchedules = createRoute({
  method: "get",
  path: "/v1/schedules",
  tags,
  summary: "List the noise schedules",
  responses: { 200: json(z.array(schedule), "The schedules"), ...problems },
});

/** The routes of the tables. */
export const samplingRoutes = () =>
  routes()
    .openapi(listSamplers, (c) =>
      c.json(
        Object.entries(samplerTable).map(([id, row]) => ({
          id,
          order: row.order,
          evaluations: row.evaluations,
          kind: row.kind,
          schedule: row.schedule,
          settings: [...row.settings],
          needsConsistencyModel: row.consistencyModel ?? false,
          names: row.names,
          reference: row.reference,
        })),
        200,
      ),
    )
    .openapi(listSchedules, (c) =>
      c.json(
        Object.entries(scheduleTable).map(([id, row]) => ({
          id,
          title: row.title,
          settings: [...(row.settings ?? [])],
          maxSteps: row.maxSteps ?? null,
          names: row.names,
          reference: row.reference ?? null,
        })),
        200,
      ),
    );
