// ComfyUI's API for the graphs that are served: queueing, progress over a WebSocket, history, files. Its paths stand at the root,
// and below /api as its page has them. docs/api.md says what of it is served.

import { upgradeWebSocket } from "@hono/node-server";
import { longIntegersAsText } from "@noisette/core/metadata/comfyui-graph";
import { Hono } from "hono";
import type { Context } from "hono";
import { z } from "zod";
import { operatorOnly } from "../guard/keys.ts";
import type { Env } from "../guard/keys.ts";
import { refuse } from "../guard/refuse.ts";
import type { StreamGate } from "../routes/event-stream.ts";
import type { Services } from "../services.ts";
import { checkGraph } from "./check-graph.ts";
import type { SentGraph } from "./check-graph.ts";
import { graphJob } from "./graph-job.ts";
import { fileRoutes } from "./file-routes.ts";
import { infoRoutes, listsFor } from "./info-routes.ts";
import { fileNamed, namedFile } from "./input-files.ts";
import { historyEntry, openPrompts, queueEntry, queueStatus } from "./prompts.ts";
import { openSockets } from "./sockets.ts";

const sentPrompt = z.looseObject({
  prompt: z.unknown(),
  client_id: z.string().max(200).optional(),
  number: z.number().optional(),
  front: z.boolean().optional(),
  extra_data: z.record(z.string(), z.unknown()).default({}),
});
const change = z.looseObject({ clear: z.boolean().optional(), delete: z.array(z.string()).optional() });
const interruption = z.looseObject({ prompt_id: z.string().optional() });
const freeing = z.looseObject({ unload_models: z.boolean().optional(), free_memory: z.boolean().optional() });

/** The routes of ComfyUI's API. */
export function comfyuiRoutes(services: Services, gate: StreamGate): Hono<Env> {
  const app = new Hono<Env>();
  const sockets = openSockets();
  const prompts = openPrompts(services, sockets);
  const ownerOf = (c: Context<Env>) => c.get("caller").owner;

  app.get("/prompt", (c) => c.json(queueStatus(prompts.list(ownerOf(c)))));
  app.post("/prompt", async (c) => {
    const body = await bodyOf(c, sentPrompt);
    const caller = c.get("caller");
    const wrong = checkGraph(body.prompt, await listsFor(services, caller));
    if (wrong !== undefined) return c.json(wrong, 400);
    const job = await graphJob(JSON.stringify(body.prompt), {
      services,
      fileOf: (name) => namedFile(services, fileNamed(name), caller),
    });
    const { id, number } = await prompts.add({
      owner: caller.owner,
      client: body.client_id,
      graph: body.prompt as SentGraph,
      job,
      extraData: { ...body.extra_data, ...(body.client_id !== undefined && { client_id: body.client_id }) },
      isFront: body.front ?? (body.number !== undefined && body.number < 0),
    });
    return c.json({ prompt_id: id, number, node_errors: {} });
  });

  app.get("/queue", (c) => {
    const own = prompts.list(ownerOf(c));
    const entries = (wanted: string) => own.filter(({ state }) => state === wanted).map(queueEntry);
    return c.json({ queue_running: entries("running"), queue_pending: entries("waiting") });
  });
  app.post("/queue", async (c) => {
    const { clear, delete: ids } = await bodyOf(c, change);
    if (clear || ids) await prompts.cancel(ownerOf(c), { states: ["waiting"], ...(!clear && { ids }) });
    return c.body(null, 200);
  });
  app.post("/interrupt", async (c) => {
    const { prompt_id: id } = await bodyOf(c, interruption);
    await prompts.cancel(ownerOf(c), { states: ["running"], ...(id !== undefined && { ids: [id] }) });
    return c.body(null, 200);
  });

  const history = (c: Context<Env>, most = Infinity) => {
    const over = prompts.list(ownerOf(c)).filter(({ state }) => state !== "waiting" && state !== "running");
    return over.slice(Math.max(0, over.length - most));
  };
  app.get("/history", (c) => {
    const most = Number(c.req.query("max_items") ?? Infinity);
    return c.json(Object.fromEntries(history(c, most > 0 ? most : Infinity).map((one) => [one.id, historyEntry(one)])));
  });
  app.get("/history/:id", (c) => {
    const found = history(c).find(({ id }) => id === c.req.param("id"));
    return c.json(found === undefined ? {} : { [found.id]: historyEntry(found) });
  });
  app.post("/history", async (c) => {
    const { clear, delete: ids } = await bodyOf(c, change);
    if (clear || ids) prompts.forget(ownerOf(c), clear ? undefined : ids);
    return c.body(null, 200);
  });

  app.post("/free", operatorOnly, async (c) => {
    const { unload_models: unload, free_memory: free } = await bodyOf(c, freeing);
    if (unload || free) for (const key of services.engines.open()) await services.engines.discard(key);
    return c.body(null, 200);
  });

  app.get("/ws", (c, next) => {
    if (c.req.header("upgrade")?.toLowerCase() !== "websocket")
      throw refuse("bad-request", "Cannot open the socket: the request asks for none (Upgrade: websocket is wanted)");
    const client = (c.req.query("clientId") || crypto.randomUUID()).slice(0, 200);
    const owner = ownerOf(c);
    // Refused as any request when all places are taken; the place is taken once the socket stands.
    gate.enter()();
    let leave = () => {};
    return upgradeWebSocket(() => ({
      onOpen(_, socket) {
        try {
          leave = gate.enter();
        } catch {
          socket.close(1013, "too many streams are open");
          return;
        }
        sockets.add(client, owner, socket);
        prompts.greet(client, owner);
      },
      onClose(_, socket) {
        leave();
        sockets.remove(client, socket);
      },
    }))(c, next);
  });

  app.route("/", fileRoutes(services));
  app.route("/", infoRoutes(services));
  const all = new Hono<Env>();
  all.route("/", app);
  all.route("/api", app);
  return all;
}

/** The body, whatever type it is sent as: clients leave that out. Throws a problem when it is no such JSON; none is {}. */
async function bodyOf<S extends z.ZodType>(c: Context, schema: S): Promise<z.output<S>> {
  const text = await c.req.text();
  const { data, error } = schema.safeParse(text === "" ? {} : JSON.parse(longIntegersAsText(text)));
  if (error === undefined) return data;
  const told = error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  throw refuse("bad-request", `Cannot take the request: ${told}`);
}
