// The flags of `noisette generate`: core's options, the model's, and those of this command.

import { z } from "zod";
import { pictureFormatIds } from "@noisette/core/image/picture-file";
import { contentPolicies, defaultNsfwThreshold } from "@noisette/core/pipelines/content-gate";
import { controlOption } from "@noisette/core/pipelines/control-options";
import { generateOptions } from "@noisette/core/pipelines/options";
import { ipAdapterOption } from "@noisette/core/pipelines/ip-adapter-options";
import { conceptPresentations } from "../adapters/concept-flags.ts";
import { loraPresentations } from "../adapters/lora-flag.ts";
import type { Presentation } from "../flags/flag.ts";
import { samplerFlag, scheduleFlag } from "../flags/sampling-names.ts";
import { plotOptions, plotPresentations } from "../plots/plot.ts";
import { modelOptions, modelPresentations } from "../models/model-options.ts";
import { promptFileOptions, promptFilePresentations } from "../prompts/prompt-files.ts";

/** Options of this command alone. */
export const outputOptions = z.strictObject({
  init: z.string().min(1).optional().describe("Picture to start from (see --strength), or latents of --denoising-end"),
  depth: z
    .string()
    .min(1)
    .optional()
    .describe("Picture of how near each place is, light for near, for depth-to-image models"),
  mask: z.string().min(1).optional().describe("Picture that is white where the initial one is to be painted anew"),
  refiner: z
    .string()
    .min(1)
    .optional()
    .describe("Second model that finishes the pictures (see --refiner-at): file, folder or Hub id"),
  hiresUpscalerModel: z
    .string()
    .min(1)
    .optional()
    .describe("ESRGAN network that enlarges for the second pass, instead of --hires-upscaler"),
  from: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Picture to make again, of noisette's, A1111's, ComfyUI's, InvokeAI's, Fooocus's or NovelAI's; other flags change what they name",
    ),
  out: z
    .string()
    .min(1)
    .default("outputs")
    .describe("Folder for the pictures, or a name ending in .png, .jpg, .webp or .avif for a single one"),
  format: z
    .enum(pictureFormatIds)
    .optional()
    .describe("How to store the pictures; each tells how it was made (png, or what the name says)"),
  quality: z
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe("Quality of jpeg, webp and avif (90, avif 80); at 100 webp and avif lose nothing"),
  preview: z.int().min(1).max(1000).optional().describe("Write preview.png into the folder every N steps"),
  previewDecoder: z
    .string()
    .min(1)
    .optional()
    .describe("Tiny autoencoder (TAESD) for quick previews: folder or Hub id"),
  nsfw: z
    .enum(["off", ...contentPolicies])
    .default("off")
    .describe("What becomes of pictures and previews that a classifier takes for unsafe"),
  nsfwThreshold: z
    .number()
    .min(0)
    .max(1)
    .default(defaultNsfwThreshold)
    .describe("How likely a picture must be unsafe for that"),
  json: z.boolean().optional().describe("Print one JSON document on standard output, and nothing else there"),
  quiet: z.boolean().optional().describe("Say nothing but errors and the paths of the pictures"),
});

/** A control as it is written: with the name of its picture, and without what the picture to repeat says of it. */
export const controlFlag = controlOption.partial({ path: true }).extend({
  image: z.string().min(1).optional().describe("Picture to follow (the initial one)"),
});

/** An IP-Adapter as it is written: with the names of its pictures. */
export const ipAdapterFlag = ipAdapterOption.partial({ path: true }).extend({
  image: z.array(z.string().min(1)).optional().describe("Picture to look at; several can be named"),
});

/** Networks of other files, with the pictures that they look at. */
export const pictureNetworkOptions = z.strictObject({
  controls: z
    .array(controlFlag)
    .optional()
    .describe("ControlNet or T2I-Adapter, the picture it follows, and how: weight, start, end, mode, fit, annotator"),
  ipAdapters: z
    .array(ipAdapterFlag)
    .optional()
    .describe("IP-Adapter, the pictures that are its prompt (image=… for each), and how: weight, start, end, encoder"),
});

/** Everything that can be written after `noisette generate`. */
export const generateCommandOptions = generateOptions
  .extend(modelOptions.shape)
  .extend(promptFileOptions.shape)
  .extend(outputOptions.shape)
  .extend(plotOptions.shape)
  .extend(pictureNetworkOptions.shape);

const sdxl = { group: "SDXL" };
const prompt = { group: "Prompt" };
const compat = { group: "Compatibility" };
const guidance = { group: "Guidance" };
const editing = { group: "Editing" };
const hires = { group: "Hires fix" };
const variation = { group: "Variations" };

/** How the options show themselves; one without a row here stands under "Sampling" by its own name. */
export const generatePresentations: Readonly<Record<string, Presentation | undefined>> = {
  prompt: { group: "Picture", short: "p" },
  negativePrompt: { group: "Picture", name: "negative", short: "n" },
  seed: { group: "Picture", short: "S" },
  width: { group: "Picture", short: "W" },
  height: { group: "Picture", short: "H" },
  count: { group: "Picture", short: "c" },
  init: { group: "Picture", short: "i", value: "FILE" },
  mask: { group: "Picture", value: "FILE" },
  depth: { group: "Picture", value: "FILE" },
  ...loraPresentations,
  controls: { group: "Adapters", name: "control", value: "MODEL,image=FILE,…" },
  ipAdapters: { group: "Adapters", name: "ip-adapter", value: "FILE,image=PICTURE,…" },
  strength: { group: "Picture" },
  strengthSteps: editing,
  fit: editing,
  maskInvert: editing,
  maskGrow: editing,
  maskBlur: editing,
  maskArea: editing,
  maskPadding: editing,
  fill: editing,
  maskBlending: editing,
  softInpainting: editing,
  pasteOriginal: editing,
  outpaint: editing,
  pan: editing,
  zoomOut: editing,
  noiseLevel: editing,
  variationSeed: variation,
  variationStrength: variation,
  seedResizeFrom: variation,
  promptTo: variation,
  promptBlend: variation,
  promptBlending: variation,
  hiresScale: hires,
  hiresSize: hires,
  hiresUpscaler: {
    ...hires,
    range: "latent-bilinear, -bicubic, -nearest (-antialias, -exact); nearest, bicubic, lanczos",
  },
  hiresUpscalerModel: { ...hires, value: "FILE" },
  hiresSteps: hires,
  hiresStrength: hires,
  hiresSampler: { ...hires, ...samplerFlag({ sampler: "hires-sampler", schedule: "hires-schedule" }) },
  hiresSchedule: { ...hires, ...scheduleFlag({ schedule: "hires-schedule" }) },
  hiresPrompt: hires,
  hiresNegativePrompt: { ...hires, name: "hires-negative" },
  hiresGuidanceScale: { ...hires, name: "hires-guidance" },
  refiner: { ...sdxl, value: "MODEL" },
  refinerAt: sdxl,
  from: { group: "Picture", value: "PICTURE" },
  steps: { group: "Sampling", short: "s" },
  sampler: { group: "Sampling", ...samplerFlag({ sampler: "sampler", schedule: "schedule" }) },
  schedule: { group: "Sampling", ...scheduleFlag({ schedule: "schedule" }) },
  guidanceScale: { group: "Sampling", name: "guidance", short: "g" },
  guidanceRescale: guidance,
  guidanceMethod: guidance,
  negativeScale: guidance,
  apgEta: guidance,
  apgNorm: guidance,
  apgMomentum: guidance,
  mimicScale: guidance,
  thresholdPercentile: guidance,
  imageGuidanceScale: { ...guidance, name: "image-guidance" },
  guidanceSigmas: guidance,
  guidanceSteps: guidance,
  alternateGuidanceBelow: guidance,
  pagScale: guidance,
  pagLayers: guidance,
  sagScale: guidance,
  freeu: guidance,
  upscale: { group: "Picture", range: "--no-upscale leaves them as they are" },
  tiling: { group: "Picture" },
  attention: { group: "Picture" },
  attentionSteps: { group: "Picture" },
  tiledDiffusion: { group: "Memory" },
  tileSize: { group: "Memory" },
  tileOverlap: { group: "Memory" },
  ...conceptPresentations,
  ...promptFilePresentations,
  promptSyntax: prompt,
  emphasis: prompt,
  chunking: prompt,
  padNegative: prompt,
  dynamicPrompts: prompt,
  clipSkip: prompt,
  clipSkipNegative: prompt,
  compat,
  rng: compat,
  seeding: compat,
  stepRng: compat,
  noiseSeedDelta: compat,
  brownianSeed: compat,
  initialNoise: compat,
  discardPenultimate: compat,
  clipSkipSdxl: compat,
  emptyNegative: compat,
  ...plotPresentations,
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
  format: { group: "Output" },
  quality: { group: "Output" },
  preview: { group: "Output" },
  previewDecoder: { group: "Output", value: "PATH" },
  watermark: { group: "Safety", value: "TEXT" },
  nsfw: { group: "Safety" },
  nsfwThreshold: { group: "Safety" },
  json: { group: "Output" },
  quiet: { group: "Output", short: "q" },
};

/** The headings of the help page, in its order. */
export const generateGroups = [
  "Picture",
  "Prompt",
  "Sampling",
  "Guidance",
  "Adapters",
  "Editing",
  "Variations",
  "Hires fix",
  "Plots",
  "SDXL",
  "Compatibility",
  "Model",
  "Memory",
  "Safety",
  "Output",
];
