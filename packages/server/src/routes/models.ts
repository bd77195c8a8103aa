// /v1/models, /v1/upscalers, /v1/adapters, /v1/wildcards: what is installed.

import { createRoute, z } from "@hono/zod-openapi";
import { inspectCheckpoint } from "@noisette/core/checkpoints/inspect";
import { operatorOnly } from "../guard/keys.ts";
import { usableModel } from "../jobs/accept-job.ts";
import { servedAdapters } from "../jobs/served-adapters.ts";
import { modelKey, modelResident } from "../jobs/open-networks.ts";
import { defaultModel, setDefaultModel } from "../models/default-model.ts";
import type { InstalledModel } from "../models/model-source.ts";
import { adapter, controlRecord, modelList, modelRecord, upscalerRecord } from "../schema/model.ts";
import type { Adapter, ControlRecord, ModelRecord } from "../schema/model.ts";
import type { Services } from "../services.ts";
import { json, jsonBody, problems, routes } from "./route.ts";

const tags = ["models"];
const named = z.strictObject({ id: z.string().min(1).max(500) });

const list = <S extends z.ZodType>(path: string, summary: string, answer: ReturnType<typeof json<S>>) =>
  createRoute({ method: "get", path, tags, summary, responses: { 200: answer, ...problems } });
const listModels = list(
  "/v1/models",
  "List the models",
  json(modelList, "The models, as OpenAI lists them, with more fields"),
);
const listUpscalers = list(
  "/v1/upscalers",
  "List the networks that enlarge pictures",
  json(z.array(upscalerRecord), "The upscalers"),
);
const listControls = list(
  "/v1/controls",
  "List ControlNets, T2I-Adapters and IP-Adapters",
  json(z.array(controlRecord), "The networks"),
);
const listAdapters = list(
  "/v1/adapters",
  "List LoRAs, embeddings and hypernetworks",
  json(z.array(adapter), "The adapters"),
);
const listWildcards = list(
  "/v1/wildcards",
  "List the names that stand for a line of a file: __name__ in a prompt",
  json(z.array(z.string()), "The names"),
);

const inspect = createRoute({
  method: "get",
  path: "/v1/models/inspect",
  tags,
  summary: "Say what is in a model's files",
  request: { query: named },
  responses: { 200: json(z.record(z.string(), z.unknown()), "What `noisette inspect --json` says"), ...problems },
});

const change = (path: string, summary: string, method: "post" | "put" = "post") =>
  createRoute({
    method,
    path,
    tags,
    summary,
    middleware: operatorOnly,
    request: { body: jsonBody(named) },
    responses: { 200: json(modelRecord, "The model"), ...problems },
  });
const choose = change("/v1/models/default", "Make a model the one for jobs that name none", "put");
const load = change("/v1/models/load", "Open a model before a job needs it");
const unload = change("/v1/models/unload", "Close a model and give back its memory");

/** The routes of what is installed. */
export const modelRoutes = (services: Services) =>
  routes()
    .openapi(listModels, async (c) => {
      return c.json({ object: "list" as const, data: await modelRecords(services) }, 200);
    })
    .openapi(inspect, async (c) => {
      const model = await usableModel(services, c.req.valid("query").id);
      const { path: _, ...report } = await inspectCheckpoint(model.path);
      return c.json({ id: model.id, ...report } as object as Record<string, never>, 200);
    })
    .openapi(choose, async (c) => {
      const model = await usableModel(services, c.req.valid("json").id);
      await setDefaultModel(services, model.id);
      return c.json(recordOf(services, model, model), 200);
    })
    .openapi(load, async (c) => {
      const model = await usableModel(services, c.req.valid("json").id);
      const resident = modelResident(model, services.engineSettings);
      await services.engines.use(resident, c.req.raw.signal, async () => {});
      return c.json(recordOf(services, model, await defaultModel(services)), 200);
    })
    .openapi(unload, async (c) => {
      const model = await usableModel(services, c.req.valid("json").id);
      await services.engines.discard(modelKey(model));
      return c.json(recordOf(services, model, await defaultModel(services)), 200);
    })
    .openapi(listUpscalers, async (c) => {
      const installed = await services.upscalers();
      return c.json(
        installed.map(({ id, origin, sizeBytes }, i) => ({ id, origin, sizeBytes, isDefault: i === 0 })),
        200,
      );
    })
    .openapi(listControls, async (c) => {
      const installed = await services.networks();
      const controls = installed.flatMap(({ id, kind, sizeBytes }): ControlRecord[] =>
        kind === "upscaler" ? [] : [{ id, kind, sizeBytes }],
      );
      return c.json(controls, 200);
    })
    .openapi(listAdapters, async (c) => c.json(await adaptersOf(services), 200))
    .openapi(listWildcards, async (c) => c.json([...((await services.wildcards())?.names ?? [])], 200));

/** All models as clients see them. */
export async function modelRecords(services: Services): Promise<ModelRecord[]> {
  const installed = await services.models.list();
  const standard = await defaultModel(services);
  return installed.map((model) => recordOf(services, model, standard));
}

function recordOf({ engines }: Services, model: InstalledModel, standard: InstalledModel | undefined): ModelRecord {
  const { id, origin, family, task, sizeBytes, problem, notice } = model;
  return {
    id,
    object: "model",
    created: 0,
    owned_by: origin,
    origin,
    family: family ?? null,
    task: task ?? null,
    sizeBytes,
    isDefault: id === standard?.id,
    isLoaded: engines.open().includes(modelKey(model)),
    problem: problem ?? null,
    notice: notice ?? null,
  };
}

async function adaptersOf({ adapterFolder }: Services): Promise<Adapter[]> {
  const folder = await servedAdapters(adapterFolder);
  const kinds = ["lora", "embedding", "hypernetwork"] as const;
  const lists = await Promise.all(
    kinds.map(async (kind) =>
      (await folder.list(kind)).entries.map(({ name, aliases }) => ({ name, kind, aliases: [...aliases] })),
    ),
  );
  return lists.flat();
}
