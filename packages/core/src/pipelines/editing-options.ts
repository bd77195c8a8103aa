// Options for making pictures out of pictures: image to image, masks, outpainting, variations, the hires fix.

import { z } from "zod";
import { samplers } from "../diffusion/samplers/index.ts";
import { schedules } from "../diffusion/schedules/index.ts";
import { oneOf } from "../util/one-of.ts";
import { hiresUpscalers } from "./hires-upscalers.ts";

const side = z.int().min(8).max(16384).multipleOf(8);
const pixels = z.int().min(-8192).max(8192);

/** The shape of these options, a part of generateOptions. */
export const editingOptions = {
  strengthSteps: z
    .enum(["diffusers", "a1111", "exact"])
    .default("diffusers")
    .describe("Steps that strength leaves: diffusers' or A1111's rule, or all that are asked for (exact)"),
  fit: z
    .enum(["stretch", "crop", "pad"])
    .optional()
    .describe("How an initial picture of another size comes to width and height (not at all: an error)"),
  maskInvert: z.boolean().optional().describe("Paint what the mask keeps"),
  maskGrow: z
    .int()
    .min(-1024)
    .max(1024)
    .optional()
    .describe("Pixels to widen the mask by, below 0 to narrow it (0; 8 when outpainting)"),
  maskBlur: z
    .number()
    .min(0)
    .max(256)
    .optional()
    .describe("Softness of the mask's edge, in pixels (0; 4 when outpainting)"),
  maskArea: z
    .enum(["whole", "masked"])
    .optional()
    .describe("Work on the whole picture, or on the part around the mask at full size (whole)"),
  maskPadding: z
    .int()
    .min(0)
    .max(4096)
    .optional()
    .describe("Pixels around the mask that such a part has beside it (32)"),
  fill: z
    .enum(["original", "fill", "noise", "nothing"])
    .optional()
    .describe("What is under the mask at the start: the picture, colours around it, noise, or nothing (original)"),
  maskBlending: z
    .enum(["noised", "denoised", "both"])
    .default("noised")
    .describe(
      "What is kept of the picture at each step: it noised (diffusers), the estimate (a1111), or both (comfyui)",
    ),
  softInpainting: z
    .boolean()
    .optional()
    .describe("Take grey of the mask as strength: the lighter, the earlier it is painted (arXiv 2306.00950)"),
  pasteOriginal: z
    .boolean()
    .optional()
    .describe("Put the picture's own pixels back where the mask keeps them (always where maskArea is masked)"),
  outpaint: z
    .tuple([pixels, pixels, pixels, pixels])
    .optional()
    .describe("Pixels to paint beyond the picture: left, top, right, bottom; below 0 cuts"),
  pan: z
    .tuple([pixels, pixels])
    .optional()
    .describe("Pixels to move the view right and down, painting what comes into it"),
  zoomOut: z
    .number()
    .gt(1)
    .max(8)
    .optional()
    .describe("Factor to shrink the picture by, painting what comes around it"),
  variationSeed: z
    .int()
    .min(0)
    .optional()
    .describe("Seed of the noise to vary towards; the next pictures count it up (random)"),
  variationStrength: z.number().min(0).max(1).default(0).describe("How far to go towards it"),
  seedResizeFrom: z
    .tuple([side, side])
    .optional()
    .describe("Width and height that the seed is known at: noise is laid out for them, and put in the middle"),
  hiresScale: z.number().gt(1).max(8).optional().describe("Enlarge by this factor and go over it again (hires fix)"),
  hiresSize: z
    .tuple([side, side])
    .optional()
    .describe("Width and height to enlarge to, instead of a factor; another shape is stretched to it"),
  hiresUpscaler: oneOf(hiresUpscalers)
    .optional()
    .describe("How to enlarge for that: latents, or pixels by a filter (latent-bilinear)"),
  hiresSteps: z.int().min(1).max(1000).optional().describe("Steps of the second pass (as many as the first)"),
  hiresStrength: z.number().gt(0).max(1).default(0.7).describe("How much of the enlarged picture to make anew"),
  hiresSampler: oneOf(samplers).optional().describe("Sampler of the second pass (the first one's)"),
  hiresSchedule: oneOf(schedules).optional().describe("Schedule of the second pass (the first one's)"),
  hiresPrompt: z.string().optional().describe("Prompt of the second pass (the first one's)"),
  hiresNegativePrompt: z.string().optional().describe("Negative prompt of the second pass (the first one's)"),
  hiresGuidanceScale: z.number().min(0).max(100).optional().describe("Guidance of the second pass (the first one's)"),
  refinerAt: z.number().gt(0).lt(1).optional().describe("Part of the schedule after which a refiner takes over (0.8)"),
  noiseLevel: z
    .int()
    .min(0)
    .max(999)
    .default(20)
    .describe("×4 upscaler: noise laid over the small picture; more of it invents more"),
  promptTo: z.string().optional().describe("A second prompt, to mix with the first"),
  promptBlend: z.number().min(0).max(1).optional().describe("How far to go towards it (0.5)"),
  promptBlending: z.enum(["lerp", "slerp"]).default("lerp").describe("Along the straight line, or along the sphere"),
};
