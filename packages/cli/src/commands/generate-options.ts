// The flags of `noisette generate`: core's options, the model's, and those of this command.

import { z } from "zod";
import { generateOptions } from "@noisette/core/pipelines/options";
import type { Presentation } from "../flags/flag.ts";
import { modelOptions, modelPresentations } from "../models/model-options.ts";

/** Options of this command alone. */
export const outputOptions = z.strictObject({
  init: z.string().min(1).optional().describe("Picture to start from (see --strength), or latents of --denoising-end"),
  from: z.string().min(1).optional().describe("Picture of noisette's to make again; other flags change what they name"),
  out: z
    .string()
    .min(1)
    .default("outputs")
    .describe("Folder for the pictures, or a name ending in .png for a single one"),
  preview: z.int().min(1).max(1000).optional().describe("Write preview.png into the folder every N steps"),
  previewDecoder: z
    .string()
    .min(1)
    .optional()
    .describe("Tiny autoencoder (TAESD) for quick previews: folder or Hub id"),
  json: z.boolean().optional().describe("Print one JSON document on standard output, and nothing else there"),
  quiet: z.boolean().optional().describe("Say nothing but errors and the paths of the pictures"),
});

/** Everything that can be written after `noisette generate`. */
export const generateCommandOptions = generateOptions.extend(modelOptions.shape).extend(outputOptions.shape);

const sdxl = { group: "SDXL" };

/** How the options show themselves; one without a row here stands under "Sampling" by its own name. */
export const generatePresentations: Readonly<Record<string, Presentation | undefined>> = {
  prompt: { group: "Picture", short: "p" },
  negativePrompt: { group: "Picture", name: "negative", short: "n" },
  seed: { group: "Picture", short: "S" },
  width: { group: "Picture", short: "W" },
  height: { group: "Picture", short: "H" },
  count: { group: "Picture", short: "c" },
  init: { group: "Picture", short: "i", value: "FILE" },
  strength: { group: "Picture" },
  from: { group: "Picture", value: "PICTURE" },
  steps: { group: "Sampling", short: "s" },
  sampler: { group: "Sampling", range: "noisette samplers lists them" },
  schedule: { group: "Sampling", range: "noisette samplers lists them" },
  guidanceScale: { group: "Sampling", name: "guidance", short: "g" },
  prompt2: sdxl,
  negativePrompt2: { ...sdxl, name: "negative2" },
  originalSize: sdxl,
  cropTopLeft: sdxl,
  targetSize: sdxl,
  negativeOriginalSize: sdxl,
  negativeCropTopLeft: sdxl,
  negativeTargetSize: sdxl,
  aestheticScore: sdxl,
  negativeAestheticScore: sdxl,
  denoisingStart: sdxl,
  denoisingEnd: sdxl,
  guidanceBatching: { group: "Memory" },
  tiledDecode: { group: "Memory" },
  ...modelPresentations,
  out: { group: "Output", short: "o", value: "PATH" },
  preview: { group: "Output" },
  previewDecoder: { group: "Output", value: "PATH" },
  json: { group: "Output" },
  quiet: { group: "Output", short: "q" },
};

/** The headings of the help page, in its order. */
export const generateGroups = ["Picture", "Sampling", "SDXL", "Model", "Memory", "Output"];
