// `noisette serve`: the server, its page and its APIs, until Ctrl-C.

import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { interruptible, Interrupted, untilStopped } from "../terminal/interrupt.ts";
import { defineCommand } from "./command.ts";
import { engineOptions, jobOptions, jobPresentations } from "./job-options.ts";
import { sharedOptions, sharedParts, sharedPresentations } from "./shared-options.ts";

const serveOptions = jobOptions.extend({
  ...sharedOptions.shape,
  jobs: z.int().min(0).max(64).default(1).describe("Jobs that run at once; 0 leaves all to workers"),
  port: z.int().min(0).max(65535).default(7860).describe("Port to listen on; 0 for a free one"),
  host: z
    .string()
    .min(1)
    .default("127.0.0.1")
    .describe("Address to listen on; 0.0.0.0 for every network of this machine"),
  data: z.string().min(1).optional().describe("Folder for pictures, jobs and training runs (~/.noisette)"),
  datasets: z.string().min(1).optional().describe("Folder whose folders are data sets to train on"),
  downloads: z
    .boolean()
    .optional()
    .describe("Fetch models from the Hub when asked to (on loopback; --no-downloads never)"),
  key: z
    .array(z.string().min(16))
    .optional()
    .describe("Key that requests must bring; can be repeated (the environment's NOISETTE_KEY)"),
  allowOpen: z.boolean().optional().describe("Listen beyond this machine although no key is set"),
  allowHost: z.array(z.string().min(1)).optional().describe("Name besides localhost that it is called by"),
  allowOrigin: z.array(z.string().min(1)).optional().describe("Origin of a page that may use it, * for all"),
});

/** `noisette serve`. */
export const command = defineCommand({
  usage: ["noisette serve [flags]"],
  about:
    "Serves a page and APIs for making pictures: jobs that survive a restart, a gallery, live events. Listens on this machine alone unless told otherwise. Ctrl-C lets the running job finish, a second one does not.",
  options: serveOptions,
  presentations: {
    port: { group: "Address" },
    host: { group: "Address", value: "ADDRESS" },
    allowHost: { group: "Address", value: "NAME" },
    allowOrigin: { group: "Address", value: "URL" },
    key: { group: "Keys", value: "KEY" },
    allowOpen: { group: "Keys" },
    data: { group: "Folders", value: "FOLDER" },
    datasets: { group: "Folders", value: "FOLDER" },
    ...sharedPresentations,
    ...jobPresentations,
    downloads: { group: "Model" },
  },
  groups: ["Address", "Keys", "Folders", "Shared", "Model", "Memory", "Safety"],
  async run(given) {
    const options = serveOptions.parse(given);
    const { createServer } = await import("@noisette/server/server");
    const { studioRoutes } = await import("@noisette/server/studio/studio-routes");
    const server = createServer({
      ...(await engineOptions(options)),
      data: options.data ?? join(homedir(), ".noisette"),
      shared: sharedParts(options),
      datasets: options.datasets,
      downloads: options.downloads ?? isThisMachine(options.host),
      keys: options.key ?? ([process.env.NOISETTE_KEY].filter((key) => key !== undefined && key !== "") as string[]),
      allowOpen: options.allowOpen,
      hosts: options.allowHost,
      origins: options.allowOrigin,
      more: () => [studioRoutes()],
      report: (text) => process.stderr.write(`${text}\n`),
    });
    await interruptible(async (signal) => {
      try {
        const { url } = await server.listen({ port: options.port, host: options.host });
        process.stdout.write(`${url}\n`);
        await server.ready();
        if (options.preload) await server.preload();
        await untilStopped(signal);
      } finally {
        await server.close({ patienceMs: 1000 * options.patience });
      }
    }).catch((error: unknown) => {
      // Being stopped is how a server ends well.
      if (!(error instanceof Interrupted)) throw error;
    });
  },
});

const isThisMachine = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.");
