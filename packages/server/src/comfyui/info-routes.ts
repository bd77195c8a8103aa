// What there is: nodes, models, adapters, the machine.

import { freemem, platform, totalmem } from "node:os";
import { version } from "@noisette/core/util/version";
import { Hono } from "hono";
import type { Caller, Env } from "../guard/keys.ts";
import { refuse } from "../guard/refuse.ts";
import { servedAdapters } from "../jobs/served-adapters.ts";
import { idBelow } from "../models/folder.ts";
import type { Services } from "../services.ts";
import { inputNames } from "./input-files.ts";
import { nodeInfo, nodeKinds } from "./nodes.ts";
import type { Lists } from "./nodes.ts";

/** The routes of what there is. */
export function infoRoutes(services: Services): Hono<Env> {
  const app = new Hono<Env>();

  app.get("/object_info", async (c) => {
    const lists = await listsFor(services, c.get("caller"));
    return c.json(
      Object.fromEntries(Object.entries(nodeKinds).map(([name, kind]) => [name, nodeInfo(name, kind, lists)])),
    );
  });
  app.get("/object_info/:name", async (c) => {
    const name = c.req.param("name");
    if (!Object.hasOwn(nodeKinds, name)) return c.json({});
    return c.json({ [name]: nodeInfo(name, nodeKinds[name], await listsFor(services, c.get("caller"))) });
  });
  app.get("/embeddings", async (c) =>
    c.json((await adapterFiles(services, "embedding")).map((file) => file.replace(/\.\w+$/, ""))),
  );
  app.get("/models", (c) => c.json(["checkpoints", "loras"]));
  app.get("/models/:folder", async (c) => {
    const lists = await listsFor(services, c.get("caller"));
    const folder = c.req.param("folder");
    if (folder === "checkpoints" || folder === "loras") return c.json(lists[folder]);
    throw refuse(
      "not-found",
      `Cannot list "${folder.slice(0, 100)}": there is no such folder (checkpoints and loras there are)`,
    );
  });
  app.get("/extensions", (c) => c.json([]));
  app.get("/features", (c) => c.json({ supports_preview_metadata: false, max_upload_size: services.limits.bodyBytes }));
  app.get("/system_stats", (c) =>
    c.json({
      system: {
        os: platform(),
        ram_total: totalmem(),
        ram_free: freemem(),
        comfyui_version: `noisette ${version}`,
        python_version: "none",
        pytorch_version: "none",
        embedded_python: false,
        argv: [],
      },
      devices: [{ name: services.engineSettings.device, type: services.engineSettings.device, index: 0 }],
    }),
  );
  return app;
}

/** Adapters as their files are called. */
async function adapterFiles({ adapterFolder }: Services, kind: "lora" | "embedding"): Promise<string[]> {
  const { entries } = await (await servedAdapters(adapterFolder)).list(kind);
  return entries.map(({ path }) => idBelow(adapterFolder!, path));
}

/** What is installed, and what a caller has uploaded. */
export async function listsFor(services: Services, { owner }: Caller): Promise<Lists> {
  const [models, loras, images] = await Promise.all([
    services.models.list(),
    adapterFiles(services, "lora"),
    inputNames(services, owner),
  ]);
  const checkpoints = models.filter(({ problem }) => problem === undefined).map(({ id }) => id);
  return { checkpoints, loras, images };
}
