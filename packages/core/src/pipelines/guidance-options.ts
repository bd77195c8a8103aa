// The options of guidance, and the choice of guidance they make for a run.

import { z } from "zod";
import type { GuidanceChoice } from "../diffusion/guidance/guidance.ts";
import { guidanceMethods } from "../diffusion/guidance/index.ts";
import { sigmasOfSteps } from "../diffusion/guidance/interval.ts";
import { oneOf } from "../util/one-of.ts";

const scale = z.number().min(0).max(100);
const part = z.number().min(0).max(1);

/** Options of guidance beside its scale, by name. */
export const guidanceOptions = {
  guidanceMethod: oneOf(guidanceMethods)
    .optional()
    .describe("How to combine the predictions with and without the prompt (cfg; what the model needs)"),
  negativeScale: scale.optional().describe("perp_neg: strength of the negative prompt (1)"),
  apgEta: z.number().min(-10).max(10).optional().describe("apg: share of the direction that saturates (0)"),
  apgNorm: z.number().min(0).optional().describe("apg: longest direction, 0 for no limit (15)"),
  apgMomentum: z.number().gt(-1).lt(1).optional().describe("apg: weight of earlier directions (-0.5)"),
  mimicScale: scale.optional().describe("dynamic_thresholding: the guidance scale to keep the contrast of (7)"),
  thresholdPercentile: part.optional().describe("dynamic_thresholding: share of the values that its range holds (1)"),
  imageGuidanceScale: scale
    .optional()
    .describe("InstructPix2Pix: how closely to keep to the picture that is edited (1.5)"),
  guidanceSigmas: z
    .tuple([z.number().min(0), z.number().min(0)])
    .optional()
    .describe("Lowest and highest noise level with guidance; at others the negative prompt is not evaluated"),
  guidanceSteps: z
    .tuple([part, part])
    .optional()
    .describe("The same as parts of the run: 0.2,0.8 leaves the first and the last fifth unguided"),
  alternateGuidanceBelow: z
    .number()
    .min(0)
    .optional()
    .describe("Below this noise level, guide every second evaluation only (A1111's minimum sigma)"),
  pagScale: scale.default(0).describe("Perturbed-attention guidance: its scale, 3 is usual (arXiv 2403.17377)"),
  pagLayers: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Layers it perturbs, by the start of their names: "mid", "up_blocks.1.attentions.0" (mid)'),
  sagScale: scale.default(0).describe("Self-attention guidance: its scale, 0.75 is usual (arXiv 2210.00939)"),
} as const;

/** The options of guidance with their defaults. */
export type GuidanceOptionValues = z.output<z.ZodObject<typeof guidanceOptions>>;

/** What `options` ask of a run over the noise levels `sigmas`. Throws TypeError on options that contradict each other. */
export function guidanceChoice(
  options: GuidanceOptionValues & { readonly guidanceScale: number; readonly guidanceRescale: number },
  {
    sigmas,
    channels,
    editsPictures,
  }: { readonly sigmas: readonly number[]; readonly channels: number; readonly editsPictures: boolean },
): GuidanceChoice {
  const { guidanceMethod, guidanceSigmas, guidanceSteps, pagScale, pagLayers } = options;
  const method = guidanceMethod ?? (editsPictures ? "instruct_pix2pix" : "cfg");
  if (editsPictures !== (method === "instruct_pix2pix")) {
    throw new TypeError(
      editsPictures
        ? `Cannot guide by ${method}: the model edits pictures by instruction (instruct_pix2pix is wanted)`
        : "Cannot guide by instruct_pix2pix: the UNet takes no picture to edit (a model of InstructPix2Pix is wanted)",
    );
  }
  if (guidanceSigmas !== undefined && guidanceSteps !== undefined) {
    throw new TypeError(
      "Cannot guide in both guidanceSigmas and guidanceSteps: they are two names of one interval (one is wanted)",
    );
  }
  if (pagLayers !== undefined && pagScale === 0)
    throw new TypeError("Cannot perturb pagLayers: pagScale is 0 (a scale above 0 is wanted)");
  const { negativeScale, apgEta, apgNorm, apgMomentum, mimicScale, thresholdPercentile, imageGuidanceScale } = options;
  return {
    method,
    settings: {
      negativeScale,
      apgEta,
      apgNorm,
      apgMomentum,
      mimicScale,
      thresholdPercentile,
      imageGuidanceScale,
    },
    scale: options.guidanceScale,
    rescale: options.guidanceRescale,
    sigmas: guidanceSteps === undefined ? guidanceSigmas : sigmasOfSteps(sigmas, guidanceSteps),
    alternateBelow: options.alternateGuidanceBelow,
    perturbedScale: pagScale,
    degradedScale: options.sagScale,
    channels,
  };
}
