// A whole server: `const server = createServer({ data: "folder" })`, then `await server.listen({ port, host })`, in the end
// `await server.close()`. It listens at once; its parts are loaded and opened meanwhile, and requests wait for them.

import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { WebSocketServer } from "ws";
import { isLoopback } from "./guard/loopback.ts";
import type { Parts } from "./parts.ts";
import type { ServerOptions } from "./server-options.ts";
import type { Services } from "./services.ts";

/** A server. */
export interface Server {
  /** Listens. Throws Error when it may not, or the port is taken. */
  listen(options?: { readonly port?: number; readonly host?: string }): Promise<{ readonly url: string }>;
  /** What it is made of, once all is open; rejects when something cannot be. To be called after `listen`. */
  ready(): Promise<Services>;
  /** Opens the default model before the first job. */
  preload(): Promise<void>;
  /** Ends: what runs has `patienceMs` to finish, else it is put back into the line. */
  close(options?: { readonly patienceMs?: number }): Promise<void>;
}

/** A server that is set up so. Nothing is opened yet. */
export function createServer(options: ServerOptions): Server {
  let opening: Promise<Parts> | undefined;
  const parts = () => opening ?? Promise.reject(new Error("Cannot use the server: it does not listen (listen first)"));

  const sockets = new WebSocketServer({ noServer: true, maxPayload: 2 ** 20 });
  const http = createAdaptorServer({ fetch: answer, websocket: { server: sockets } });

  async function answer(request: Request, env: object): Promise<Response> {
    try {
      return await (await parts()).fetch(request, env);
    } catch (error) {
      // The app tells its own problems: this is about opening it.
      const body = {
        type: "/docs/problems#unavailable",
        title: "The server is not ready",
        status: 503,
        detail: (error as Error).message,
      };
      const headers = { "content-type": "application/problem+json", "retry-after": "10" };
      return new Response(JSON.stringify(body), { status: 503, headers });
    }
  }

  return {
    async listen({ port = 7860, host = "127.0.0.1" } = {}) {
      const loopback = isLoopback(host);
      const { keys = [], allowOpen = false } = options;
      if (!loopback && keys.length === 0 && !allowOpen)
        throw new Error(
          `Cannot listen on ${host}: everybody who reaches it could use this machine (--key, or --allow-open, is wanted)`,
        );
      await new Promise<void>((resolve, reject) => {
        http.once("error", (cause: NodeJS.ErrnoException) => {
          const reason = cause.code === "EADDRINUSE" ? "the port is taken (another --port is wanted)" : cause.message;
          reject(new Error(`Cannot listen on ${host}:${port}: ${reason}`, { cause }));
        });
        http.listen(port, host, resolve);
      });
      opening = import("./parts.ts").then(({ openParts }) => openParts(options, { loopback }));
      opening.then(
        (opened) => opened.start(),
        () => undefined,
      );
      const { port: bound } = http.address() as AddressInfo;
      return { url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}` };
    },
    ready: async () => (await parts()).services,
    async preload() {
      const { services } = await parts();
      const { preload } = await import("./engines/preload.ts");
      await preload(services);
    },
    async close({ patienceMs = 0 } = {}) {
      if (opening === undefined) return;
      const opened = await opening.catch(() => undefined);
      opened?.drain();
      const stopped = new Promise<void>((resolve) => http.close(() => resolve()));
      await opened?.close(patienceMs);
      for (const socket of sockets.clients) socket.terminate();
      if ("closeAllConnections" in http) http.closeAllConnections();
      await stopped;
    },
  };
}
