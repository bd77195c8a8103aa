// What does jobs: models, folders, engines. Flags of `serve` and `worker`.

import { totalmem } from "node:os";
import { contentPolicies } from "@noisette/core/pipelines/content-gate";
import type { EngineOptions } from "@noisette/server/server-options";
import { z } from "zod";
import { modelOptions, modelPresentations } from "../models/model-options.ts";
import { stickerFile } from "../models/sticker-package.ts";

/** The flags. */
export const jobOptions = z.object({
  models: z.string().min(1).optional().describe("Folder of checkpoints and upscalers (NOISETTE_MODELS, else models)"),
  adapters: z.string().min(1).optional().describe("Folder of LoRAs, embeddings and hypernetworks"),
  wildcards: z.string().min(1).optional().describe("Folder of text files that __name__ in a prompt takes a line from"),
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
  nsfw: z
    .enum(["off", ...contentPolicies])
    .optional()
    .describe("What becomes of pictures and previews that a classifier takes for unsafe (off on loopback, else blur)"),
  nsfwThreshold: z.number().min(0).max(1).optional().describe("How likely a picture must be unsafe for that (0.5)"),
  watermark: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe("Invisible text in every picture for which no other is asked"),
  patience: z.number().min(0).default(30).describe("Seconds that a running job has to finish after Ctrl-C"),
  ...modelOptions.pick({ model: true, device: true, threads: true }).shape,
});

/** How they are shown. */
export const jobPresentations = {
  models: { group: "Folders", value: "FOLDER" },
  adapters: { group: "Folders", value: "FOLDER" },
  wildcards: { group: "Folders", value: "FOLDER" },
  ...modelPresentations,
  preload: { group: "Model" },
  previewDecoder: { group: "Model", value: "PATH" },
  jobs: { group: "Memory" },
  engineMemory: { group: "Memory", value: "GB" },
  nsfw: { group: "Safety" },
  nsfwThreshold: { group: "Safety" },
  watermark: { group: "Safety", value: "TEXT" },
  patience: { group: "Other" },
} as const;

/** What the flags say, as servers and workers take it. */
export async function engineOptions(options: z.output<typeof jobOptions>): Promise<EngineOptions> {
  const { device, threads, previewDecoder, engineMemory, jobs, nsfw, nsfwThreshold, watermark } = options;
  const upscaler = stickerFile("upscaler/realesr-animevideov3-x4.safetensors");
  return {
    models: options.models ?? (process.env.NOISETTE_MODELS || "models"),
    adapters: options.adapters,
    wildcards: options.wildcards,
    given: [await firstModel(options.model ?? (process.env.NOISETTE_MODEL || undefined))],
    ...(upscaler !== undefined && { upscaler: { id: "noisette/realesr-animevideov3", path: upscaler } }),
    engine: { ...(device && { device }), threads, previewDecoder },
    engineMemoryBytes: engineMemory === undefined ? 0.6 * totalmem() : engineMemory * 2 ** 30,
    concurrency: jobs,
    nsfw,
    nsfwThreshold,
    watermark,
  };
}

/** The model for jobs that name none. */
async function firstModel(path: string | undefined) {
  if (path !== undefined) return { id: path.split(/[\\/]/).filter(Boolean).at(-1) ?? path, path };
  const { defaultModel } = await import("../models/default-model.ts");
  const { path: own, notice, side } = defaultModel();
  const id = side === undefined ? "noisette/sticker" : "noisette/practice";
  return { id, path: own, notice, ...(side !== undefined && { side }) };
}
