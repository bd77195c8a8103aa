// What is installed: models, upscalers, adapters. A model has the fields of OpenAI's list of models besides.

import { z } from "zod";

/** A model that jobs can name. */
export const modelRecord = z
  .object({
    id: z.string().describe("What jobs name it by: its path below the folder of models, or its id on the Hub"),
    object: z.literal("model"),
    created: z.int().describe("Seconds since 1970"),
    owned_by: z.string(),
    origin: z.enum(["folder", "hub", "bundled"]),
    family: z.string().nullable().describe("sd1, sd2, sdxl, sdxl-refiner; null where the files are not all there"),
    task: z.string().nullable().describe("text-to-image, inpainting, instruct-pix2pix, …"),
    sizeBytes: z.int(),
    isDefault: z.boolean(),
    isLoaded: z.boolean().describe("Whether its engine is open"),
    problem: z.string().nullable().describe("Why it cannot be used"),
    notice: z.string().nullable().describe("What to expect of it, where there is something to say"),
  })
  .meta({ id: "ModelRecord" });

/** A model that jobs can name. */
export type ModelRecord = z.output<typeof modelRecord>;

/** All of them, as OpenAI lists models. */
export const modelList = z.object({ object: z.literal("list"), data: z.array(modelRecord) }).meta({ id: "ModelList" });

/** A network that enlarges pictures. */
export const upscalerRecord = z
  .object({
    id: z.string(),
    origin: z.enum(["folder", "bundled"]),
    sizeBytes: z.int(),
    isDefault: z.boolean(),
  })
  .meta({ id: "UpscalerRecord" });

/** A network that enlarges pictures. */
export type UpscalerRecord = z.output<typeof upscalerRecord>;

/** A network that makes pictures follow others. */
export const controlRecord = z
  .object({ id: z.string(), kind: z.enum(["controlnet", "t2i-adapter", "ip-adapter"]), sizeBytes: z.int() })
  .meta({ id: "ControlRecord" });

/** A network that makes pictures follow others. */
export type ControlRecord = z.output<typeof controlRecord>;

/** Weights that change a model, which prompts and options call by name. */
export const adapter = z
  .object({
    name: z.string().describe("What prompts call it: <lora:name:1>"),
    kind: z.enum(["lora", "embedding", "hypernetwork"]),
    aliases: z.array(z.string()),
  })
  .meta({ id: "Adapter" });

/** Weights that change a model. */
export type Adapter = z.output<typeof adapter>;
