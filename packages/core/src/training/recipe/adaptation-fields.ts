// What the recipes have in common that teach an existing model something: the model, its pictures and texts, its noise.

import { z } from "zod";
import { bucketsField, latentsField, noiseFields } from "./diffusion.ts";
import { runFields, sizeField, validationField } from "./run-fields.ts";

const path = z.string().min(1);

/** The fields of every such recipe. */
export const adaptationFields = {
  ...runFields,
  // Few pictures are no reason to learn from fewer.
  validation: validationField(0),
  model: path.describe("The model to teach: folder, single file or Hub id"),
  size: sizeField,
  buckets: bucketsField,
  latents: latentsField,
  dropout: z.number().min(0).max(1).default(0).describe("Share of texts that are left out, for guidance"),
  clipSkip: z.int().min(1).max(12).default(1).describe("Layer of CLIP whose states are used, from the last (1)"),
  noise: z
    .strictObject(noiseFields)
    .prefault({})
    .describe("The noise; all else of it is as the model's scheduler says"),
  samples: z
    .strictObject({
      count: z.int().min(0).max(64).default(4).describe("Pictures to show; 0 for none"),
      prompts: z.array(z.string()).min(1).optional().describe("What to show; without it texts of the pictures"),
      negativePrompt: z.string().optional().describe("What to guide away from"),
      steps: z.int().min(1).max(1000).optional().describe("Sampling steps; the model's usual ones without it"),
      guidanceScale: z.number().min(1).max(100).optional().describe("How strongly to follow the text"),
      seed: z.int().min(0).default(0).describe("Seed of their noise"),
    })
    .prefault({})
    .describe("What is shown while it trains"),
};

/** What every picture is called. */
export const promptField = z
  .string()
  .min(1)
  .optional()
  .describe('What every picture is called, in place of its own caption: "a photo of sks dog"');

/** Prior preservation (DreamBooth, arXiv 2208.12242, §3.2). */
export const priorField = z
  .strictObject({
    prompt: z.string().min(1).describe('The class of the thing: "a photo of a dog"'),
    path: path.optional().describe("Pictures of the class; the model makes those that are missing"),
    count: z.int().min(1).max(1e6).default(100).describe("Pictures of the class to have"),
    weight: z.number().positive().default(1).describe("Weight of their loss beside that of the thing itself"),
  })
  .optional()
  .describe("Keeps what the model knows of the class (DreamBooth, arXiv 2208.12242)");

/** Element type of saved weights. */
export const saveTypeField = (usual: "F32" | "F16") =>
  z.enum(["F32", "F16", "BF16"]).default(usual).describe("Element type of the weights that are saved");
