// A record in the words of AUTOMATIC1111's "parameters" text, which most galleries and tools read.

import { embeddingHashesField } from "./concept-fields.ts";
import { controlFields } from "./control-fields.ts";
import { loraHashesField } from "./lora-fields.ts";
import { hiresUpscalers } from "../pipelines/hires-upscalers.ts";
import type { HiresUpscaler } from "../pipelines/hires-upscalers.ts";
import type { PictureRecord } from "../pipelines/record.ts";
import { samplerTable } from "../diffusion/samplers/index.ts";
import { scheduleTable } from "../diffusion/schedules/index.ts";

/** The values of A1111's fields. */
export function infotextFields({
  options,
  model,
  version,
  init,
  mask,
  refiner,
  enlarged,
  template,
  sampler,
  loras,
  embeddings,
}: PictureRecord): Record<string, string | number | undefined> {
  const schedule = options.schedule && scheduleTable[options.schedule];
  return {
    Steps: options.steps,
    Sampler: samplerTable[sampler].names.a1111 ?? sampler,
    "Schedule type": schedule?.names.a1111 ?? options.schedule,
    "CFG scale": options.guidanceScale,
    Seed: options.seed,
    Size: `${options.width}x${options.height}`,
    "Model hash": model.hash,
    Model: model.name,
    "Denoising strength":
      init === "image" ? options.strength : options.hiresScale === undefined ? undefined : options.hiresStrength,
    ...guidanceFields(options),
    ...variationFields(options),
    ...hiresFields(options),
    ...(mask && {
      "Mask blur": options.maskBlur ?? 0,
      "Inpaint area": options.maskArea === "masked" ? "Only masked" : undefined,
      "Masked area padding": options.maskArea === "masked" ? (options.maskPadding ?? 32) : undefined,
      "Masked content": options.fill === undefined || options.fill === "original" ? undefined : fillNames[options.fill],
      "Mask mode": options.maskInvert ? "Inpaint not masked" : undefined,
    }),
    Refiner: refiner && `${refiner.name} [${refiner.hash}]`,
    "Refiner switch at": refiner && options.refinerAt,
    // As A1111 writes it of its "Extras".
    "Postprocess upscale by": enlarged?.scale,
    "Postprocess upscaler": enlarged?.name,
    "Clip skip": options.clipSkip > 1 ? options.clipSkip : undefined,
    ...controlFields(options),
    ...promptFields(options),
    Eta: options.eta,
    ENSD: options.noiseSeedDelta || undefined,
    "SGM noise multiplier": options.initialNoise === "sgm" ? "True" : undefined,
    "Discard penultimate sigma": options.discardPenultimate === "on" ? "True" : undefined,
    RNG: options.rng === "philox" ? "NV" : "CPU",
    "Lora hashes": loraHashesField(loras),
    "TI hashes": embeddingHashesField(embeddings),
    // As the Dynamic Prompts extension writes them.
    Template: template?.prompt,
    "Negative Template": template?.negativePrompt,
    Version: `noisette ${version}`,
  };
}

type Options = PictureRecord["options"];

const fillNames = { fill: "fill", noise: "latent noise", nothing: "latent nothing" } as const;

const emphasisNames = { "no-norm": "No norm", comfyui: "ComfyUI", ignore: "Ignore", none: "None" } as const;

const promptFields = ({ emphasis, padNegative }: Options) => ({
  Emphasis: emphasis === "original" ? undefined : emphasisNames[emphasis],
  "Pad conds": padNegative ? "True" : undefined,
});

/** By the names of A1111 and of its extension for dynamic thresholding; A1111's tiling is along both axes. */
const guidanceFields = (options: Options) => ({
  "Image CFG scale": options.imageGuidanceScale,
  NGMS: options.alternateGuidanceBelow,
  Tiling: options.tiling === "xy" ? "True" : undefined,
  ...(options.guidanceMethod === "dynamic_thresholding" && {
    "Dynamic thresholding enabled": "True",
    "Mimic scale": options.mimicScale ?? 7,
    "Threshold percentile": 100 * (options.thresholdPercentile ?? 1),
  }),
});

const variationFields = ({ variationSeed, variationStrength, seedResizeFrom }: Options) => ({
  ...(variationStrength > 0 && { "Variation seed": variationSeed, "Variation seed strength": variationStrength }),
  "Seed resize from": seedResizeFrom?.join("x"),
});

function hiresFields(options: Options) {
  if (options.hiresScale === undefined) return {};
  const upscaler: HiresUpscaler = hiresUpscalers[options.hiresUpscaler ?? "latent-bilinear"];
  const schedule = options.hiresSchedule && scheduleTable[options.hiresSchedule];
  return {
    "Hires upscale": options.hiresScale,
    "Hires steps": options.hiresSteps,
    "Hires upscaler": upscaler.a1111 ?? options.hiresUpscaler,
    "Hires sampler": options.hiresSampler && (samplerTable[options.hiresSampler].names.a1111 ?? options.hiresSampler),
    "Hires schedule type": options.hiresSchedule && (schedule?.names.a1111 ?? options.hiresSchedule),
    "Hires CFG Scale": options.hiresGuidanceScale,
    "Hires prompt": options.hiresPrompt,
    "Hires negative prompt": options.hiresNegativePrompt,
  };
}
