// `noisette serve`: the server, its page and its APIs, until Ctrl-C.

import { homedir, totalmem } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { modelOptions, modelPresentations } from "../models/model-options.ts";
import { stickerFile } from "../models/sticker-package.ts";
import { interruptible, Interrupted } from "../terminal/interrupt.ts";
import { defineCommand } from "./command.ts";

const serveOptions = z.strictObject({
  port: z.int().min(0).max(65535).default(7860).describe("Port to listen on; 0 for a free one"),
  host: z
    .string()
    .min(1)
    .default("127.0.0.1")
    .describe("Address to listen on; 0.0.0.0 for every network of this machine"),
  data: z.string().min(1).optional().describe("Folder for pictures, jobs and training runs (~/.noisette)"),
  models: z.string().min(1).optional().describe("Folder of checkpoints and upscalers (NOISETTE_MODELS, else models)"),
  adapters: z.string().min(1).optional().describe("Folder of LoRAs, embeddings and hypernetworks"),
  datasets: z.string().min(1).optional().describe("Folder whose folders are data sets to train on"),
  downloads: z
    .boolean()
    .optional()
    .describe("Fetch models from the Hub when asked to (on loopback; --no-downloads never)"),
  preload: z.boolean().optional().describe("Open the model at once, not at the first job"),
  previewDecoder: z
    .string()
    .min(1)
    .optional()
    .describe("Tiny autoencoder (TAESD) for quick previews: folder or Hub id"),
  jobs: z.int().min(1).max(64).default(1).describe("Jobs that run at once"),
  engineMemory: z
    .number()
    .gt(0)
    .optional()
    .describe("Gigabytes that open models may take together (60 % of the memory)"),
  patience: z.number().min(0).default(30).describe("Seconds that a running job has to finish after Ctrl-C"),
  key: z
    .array(z.string().min(16))
    .optional()
    .describe("Key that requests must bring; can be repeated (the environment's NOISETTE_KEY)"),
  allowOpen: z.boolean().optional().describe("Listen beyond this machine although no key is set"),
  allowHost: z.array(z.string().min(1)).optional().describe("Name besides localhost that it is called by"),
  allowOrigin: z.array(z.string().min(1)).optional().describe("Origin of a page that may use it, * for all"),
});
const givenModel = modelOptions.pick({ model: true, device: true, threads: true });

/** `noisette serve`. */
export const command = defineCommand({
  usage: ["noisette serve [flags]"],
  about:
    "Serves a page and APIs for making pictures: jobs that survive a restart, a gallery, live events. Listens on this machine alone unless told otherwise. Ctrl-C lets the running job finish, a second one does not.",
  options: serveOptions.extend(givenModel.shape),
  presentations: {
    port: { group: "Address" },
    host: { group: "Address", value: "ADDRESS" },
    allowHost: { group: "Address", value: "NAME" },
    allowOrigin: { group: "Address", value: "URL" },
    key: { group: "Keys", value: "KEY" },
    allowOpen: { group: "Keys" },
    data: { group: "Folders", value: "FOLDER" },
    models: { group: "Folders", value: "FOLDER" },
    adapters: { group: "Folders", value: "FOLDER" },
    datasets: { group: "Folders", value: "FOLDER" },
    ...modelPresentations,
    downloads: { group: "Model" },
    preload: { group: "Model" },
    previewDecoder: { group: "Model", value: "PATH" },
    jobs: { group: "Memory" },
    engineMemory: { group: "Memory", value: "GB" },
    patience: { group: "Other" },
  },
  groups: ["Address", "Keys", "Folders", "Model", "Memory"],
  async run(given) {
    const options = serveOptions.parse(
      Object.fromEntries(Object.entries(given).filter(([name]) => name in serveOptions.shape)),
    );
    const { createServer } = await import("@noisette/server/server");
    const { studioRoutes } = await import("@noisette/server/studio/studio-routes");
    const { device, threads } = given;
    const upscaler = stickerFile("upscaler/realesr-animevideov3-x4.safetensors");
    const server = createServer({
      data: options.data ?? join(homedir(), ".noisette"),
      models: options.models ?? (process.env.NOISETTE_MODELS || "models"),
      adapters: options.adapters,
      datasets: options.datasets,
      given: [await firstModel(given.model ?? (process.env.NOISETTE_MODEL || undefined))],
      ...(upscaler !== undefined && { upscaler: { id: "noisette/realesr-animevideov3", path: upscaler } }),
      downloads: options.downloads ?? isThisMachine(options.host),
      engine: { ...(device && { device }), threads, previewDecoder: options.previewDecoder },
      engineMemoryBytes: options.engineMemory === undefined ? 0.6 * totalmem() : options.engineMemory * 2 ** 30,
      concurrency: options.jobs,
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
        await new Promise<void>((resolve) => {
          signal.addEventListener("abort", () => resolve(), { once: true });
          if (signal.aborted) resolve();
        });
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

/** The model for jobs that name none. */
async function firstModel(path: string | undefined) {
  if (path !== undefined) return { id: path.split(/[\\/]/).filter(Boolean).at(-1) ?? path, path };
  const { defaultModel } = await import("../models/default-model.ts");
  const { path: own, notice, side } = defaultModel();
  const id = side === undefined ? "noisette/sticker" : "noisette/practice";
  return { id, path: own, notice, ...(side !== undefined && { side }) };
}
