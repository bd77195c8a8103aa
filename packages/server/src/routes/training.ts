// /v1/training and /v1/datasets: runs of recipes, and the pictures they learn from.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createRoute, z } from "@hono/zod-openapi";
import { recipeFields } from "@noisette/core/training/recipe/describe";
import { recipeSchemas } from "@noisette/core/training/recipe/read-recipe";
import { oneOf } from "@noisette/core/util/one-of";
import type { TrainingRow } from "../catalogue/training-runs.ts";
import { operatorOnly } from "../guard/keys.ts";
import { refuse } from "../guard/refuse.ts";
import { datasetRecord, trainingHappening, trainingRequest, trainingRun } from "../schema/training.ts";
import type { TrainingRun } from "../schema/training.ts";
import type { Services } from "../services.ts";
import { sampleAddress } from "../training/training-runs.ts";
import type { TrainingRuns } from "../training/training-runs.ts";
import { sendEvents } from "./event-stream.ts";
import type { StreamGate } from "./event-stream.ts";
import { idParameter, json, jsonBody, problems, routes } from "./route.ts";

const tags = ["training"];
// Training takes the machine for hours, and its names are shared.
const middleware = operatorOnly;

const list = createRoute({
  method: "get",
  path: "/v1/training",
  tags,
  middleware,
  summary: "List training runs, the newest first",
  responses: { 200: json(z.array(trainingRun), "The runs"), ...problems },
});

const start = createRoute({
  method: "post",
  path: "/v1/training",
  tags,
  middleware,
  summary: "Train as a recipe says",
  request: { body: jsonBody(trainingRequest) },
  responses: { 202: json(trainingRun, "The run"), ...problems },
});

const fields = createRoute({
  method: "get",
  path: "/v1/training/recipes/{trainer}",
  tags,
  middleware,
  summary: "What a recipe may say",
  request: { params: z.object({ trainer: oneOf(recipeSchemas) }) },
  responses: {
    200: json(
      z.array(
        z.object({
          path: z.string(),
          description: z.string(),
          values: z.string().describe("What may stand there, in words"),
          fallback: z.string().optional().describe("The default as JSON"),
          isRequired: z.boolean(),
        }),
      ),
      "Its fields",
    ),
    ...problems,
  },
});

const ofRun = (method: "get" | "post", path: string, summary: string) =>
  createRoute({
    method,
    path: `/v1/training/{id}${path}` as const,
    tags,
    middleware,
    summary,
    request: { params: idParameter },
    responses: { 200: json(trainingRun, "The run"), ...problems },
  });
const read = ofRun("get", "", "Look at a run");
const stop = ofRun("post", "/stop", "Let a run write a checkpoint and end");
const resume = ofRun("post", "/resume", "Go on with a run");

const log = createRoute({
  method: "get",
  path: "/v1/training/{id}/log",
  tags,
  middleware,
  summary: "All that a run wrote down: losses, validations, samples",
  request: { params: idParameter },
  responses: { 200: json(z.array(z.record(z.string(), z.unknown())), "Its lines"), ...problems },
});

const watch = createRoute({
  method: "get",
  path: "/v1/training/{id}/events",
  tags,
  middleware,
  summary: "Watch a run",
  request: {
    params: idParameter,
    headers: z.object({ "last-event-id": z.string().optional() }),
    query: z.object({ after: z.string().optional() }),
  },
  responses: {
    200: { description: "Events", content: { "text/event-stream": { schema: trainingHappening } } },
    ...problems,
  },
});

const sample = createRoute({
  method: "get",
  path: "/v1/training/{id}/samples/{name}",
  tags,
  middleware,
  summary: "A sample picture of a run",
  request: { params: idParameter.extend({ name: z.string().regex(/^[\w][\w.-]*\.png$/) }) },
  responses: { 200: { description: "A PNG", content: { "image/png": { schema: z.string() } } }, ...problems },
});

const report = createRoute({
  method: "get",
  path: "/v1/training/{id}/report",
  tags,
  middleware,
  summary: "A run's report, a page of HTML",
  request: { params: idParameter },
  responses: { 200: { description: "The page", content: { "text/html": { schema: z.string() } } }, ...problems },
});

const listDatasets = createRoute({
  method: "get",
  path: "/v1/datasets",
  tags,
  middleware,
  summary: "List the data sets",
  responses: { 200: json(z.array(datasetRecord), "The data sets"), ...problems },
});

const addPicture = createRoute({
  method: "post",
  path: "/v1/datasets/{id}/pictures",
  tags,
  middleware,
  summary: "Add a picture to an uploaded data set, with its caption",
  request: {
    params: idParameter,
    query: z.object({ caption: z.string().max(10_000).optional() }),
    body: { required: true, content: { "image/png": { schema: z.string().meta({ format: "binary" }) } } },
  },
  responses: { 201: json(datasetRecord, "The data set"), ...problems },
});

/** The routes of training. */
export const trainingRoutes = (services: Services, training: TrainingRuns, gate: StreamGate) =>
  routes()
    .openapi(list, async (c) => {
      const rows = await services.catalogue.trainingRuns.list();
      return c.json(await Promise.all(rows.map((row) => view(training, row))), 200);
    })
    .openapi(start, async (c) => c.json(await view(training, await training.start(c.req.valid("json").recipe)), 202))
    .openapi(fields, (c) =>
      c.json(
        recipeFields(c.req.valid("param").trainer).map((field) => ({ ...field })),
        200,
      ),
    )
    .openapi(read, async (c) => c.json(await view(training, await runOf(services, c.req.valid("param").id)), 200))
    .openapi(stop, async (c) => {
      const { id } = await runOf(services, c.req.valid("param").id);
      await training.stop(id);
      return c.json(await view(training, await runOf(services, id)), 200);
    })
    .openapi(resume, async (c) => {
      const { id } = await runOf(services, c.req.valid("param").id);
      return c.json(await view(training, await training.resume(id)), 200);
    })
    .openapi(log, async (c) => {
      const { id } = await runOf(services, c.req.valid("param").id);
      return c.json(
        (await training.log(id)).map((line) => ({ ...line })),
        200,
      );
    })
    .openapi(watch, async (c) => {
      const row = await runOf(services, c.req.valid("param").id);
      const { events } = training;
      await events.begin(row.id, async () => [
        row.state === "failed"
          ? { kind: "failed", step: row.step, text: row.error ?? "" }
          : { kind: "end", step: row.step, how: row.state === "finished" ? "finished" : "interrupted" },
      ]);
      return sendEvents(c, gate, (options) => events.follow(row.id, options)) as never;
    })
    .openapi(sample, async (c) => {
      const { id, name } = c.req.valid("param");
      const run = await runOf(services, id);
      const bytes = await readFile(join(training.folder(run.id), "samples", name)).catch(() => {
        throw refuse("not-found", `Cannot find the sample "${name}": there is none of this name`);
      });
      return c.body(bytes.buffer as ArrayBuffer, 200, { "content-type": "image/png" }) as never;
    })
    .openapi(report, async (c) => {
      const { id } = await runOf(services, c.req.valid("param").id);
      const page = await readFile(join(training.folder(id), "report.html"), "utf8").catch(() => {
        throw refuse("not-found", `Cannot show the report of "${id}": it has none yet`);
      });
      // A page of its own with pictures and a script inside it; it is let do nothing else.
      c.header("x-content-type-options", "nosniff");
      c.header(
        "content-security-policy",
        "sandbox allow-scripts; default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
      );
      return c.html(page) as never;
    })
    .openapi(listDatasets, async (c) => c.json(await training.datasets.list(), 200))
    .openapi(addPicture, async (c) => {
      const bytes = new Uint8Array(await c.req.arrayBuffer());
      const { caption } = c.req.valid("query");
      return c.json(await training.datasets.add(c.req.valid("param").id, bytes, caption), 201);
    });

async function runOf({ catalogue }: Services, id: string): Promise<TrainingRow> {
  const row = await catalogue.trainingRuns.find(id);
  if (row !== undefined) return row;
  throw refuse("not-found", `Cannot find the run "${id}": there is none of this id`);
}

async function view({ folder, events }: TrainingRuns, row: TrainingRow): Promise<TrainingRun> {
  const names = await readdir(join(folder(row.id), "samples")).catch((): string[] => []);
  const newest = names.map((name) => /-(\d+)\.png$/.exec(name)?.[1] ?? "").reduce((a, b) => (b > a ? b : a), "");
  const { id, name, trainer, state, steps, recipe, error, created_at } = row;
  return {
    id,
    name,
    trainer,
    state,
    step: state === "running" ? (events.latest(id, "step")?.step ?? row.step) : row.step,
    steps,
    recipe,
    samples: names
      .filter((name) => newest !== "" && name.endsWith(`-${newest}.png`))
      .map((name) => sampleAddress(id, name)),
    report: `/v1/training/${id}/report`,
    error,
    createdAt: created_at.toISOString(),
  };
}
