// What can be asked of the server: one schema for each task.

import { controlOption } from "@noisette/core/pipelines/control-options";
import { ipAdapterOption } from "@noisette/core/pipelines/ip-adapter-options";
import { generateOptions } from "@noisette/core/pipelines/options";
import { z } from "zod";
import { pictureReference } from "./image.ts";

const priority = z
  .int()
  .min(-10)
  .max(10)
  .default(0)
  .describe("Jobs of a higher one go first; equal ones in the order they came");

const network = z.string().min(1).describe("Id of the network, one of GET /v1/controls");

/** A ControlNet or T2I-Adapter, and the picture it makes the new one follow. */
const control = controlOption
  .omit({ path: true })
  .extend({ network, image: pictureReference.optional().describe("The picture to follow (the initial one)") });

/** An IP-Adapter, and the pictures that are its prompt. */
const ipAdapter = ipAdapterOption
  .omit({ path: true, encoder: true })
  .extend({ network, images: z.array(pictureReference).min(1).max(16) });

/** Makes pictures. */
export const generateRequest = z
  .strictObject({
    task: z.literal("generate"),
    priority,
    model: z.string().min(1).optional().describe("Id of a model (the server's default)"),
    options: generateOptions
      .omit({ controls: true, ipAdapters: true })
      .describe("What `noisette generate` takes as flags"),
    init: pictureReference.optional().describe("Where to start instead of noise"),
    mask: pictureReference.optional().describe("White where the initial picture is to be painted anew"),
    depth: pictureReference.optional().describe("Light where near, for depth-to-image models"),
    controls: z.array(control).min(1).max(16).optional().describe("Networks that make the picture follow others"),
    ipAdapters: z.array(ipAdapter).min(1).max(8).optional().describe("Pictures as prompts"),
    refiner: z.string().min(1).optional().describe("Id of the model that takes over at `options.refinerAt`"),
    upscaler: z
      .string()
      .min(1)
      .optional()
      .describe("Id of the network that enlarges for the second pass of a hires fix"),
    previewEvery: z
      .int()
      .min(0)
      .max(1000)
      .default(0)
      .describe("Steps between previews, each of which is decoded (cheap with --preview-decoder); 0 for none"),
  })
  .meta({ id: "GenerateRequest" });

/** Enlarges a picture. */
export const upscaleRequest = z
  .strictObject({
    task: z.literal("upscale"),
    priority,
    image: pictureReference,
    upscaler: z.string().min(1).optional().describe("Id of an upscaler (the server's default)"),
    scale: z.number().gt(0).max(16).optional().describe("How much larger the result is (as the network does)"),
    tile: z.int().min(16).max(4096).default(256).describe("Side of the parts that are enlarged one by one"),
    overlap: z.int().min(0).max(512).default(24).describe("Pixels around a part that the network sees too"),
  })
  .meta({ id: "UpscaleRequest" });

/** Fetches a model from the Hugging Face Hub into this machine's cache. */
export const downloadRequest = z
  .strictObject({
    task: z.literal("download"),
    priority,
    repository: z
      .string()
      .regex(
        /^[\w.-]+\/[\w.-]+(\/[\w.-]+)*$/,
        'an id like "owner/name", or a file of it like "owner/name/file.safetensors"',
      )
      .describe("Id on the Hub, or one file of it"),
    revision: z
      .string()
      .regex(/^[\w][\w./-]*$/)
      .optional()
      .describe("Branch, tag or commit (main)"),
    variant: z.string().regex(/^\w+$/).optional().describe('Which weights where there are several: "fp16"'),
  })
  .meta({ id: "DownloadRequest" });

/** What can be asked; `task` says which. */
export const jobRequest = z
  .discriminatedUnion("task", [generateRequest, upscaleRequest, downloadRequest])
  .meta({ id: "JobRequest" });

/** What a client writes. */
export type JobRequest = z.input<typeof jobRequest>;
/** The same with its defaults. */
export type ResolvedRequest = z.output<typeof jobRequest>;
/** One of the tasks. */
export type JobTask = ResolvedRequest["task"];
/** A request for task `T`, with its defaults. */
export type RequestOf<T extends JobTask> = Extract<ResolvedRequest, { task: T }>;
