// The recipe of a denoising UNet.

import { z } from "zod";
import { betaSchedules } from "../../diffusion/betas.ts";
import { samplers } from "../../diffusion/samplers/index.ts";
import { oneOf } from "../../util/one-of.ts";
import { runFields, sizeField } from "./run-fields.ts";

const width = z.int().min(1).max(8192);
const path = z.string().min(1);

/** Shapes beside the square one. */
export const bucketsField = z
  .strictObject({
    step: z.int().min(1).max(512).default(8).describe("Sides are multiples of this"),
    maxAspect: z.number().min(1).max(8).default(2).describe("About the longest side over the shortest"),
  })
  .optional()
  .describe("Pictures keep about their shape, at no more than the area of the size");

/** When pictures become latents. */
export const latentsField = z
  .enum(["cached", "each step"])
  .default("cached")
  .describe("Whether pictures are encoded once, or anew each time they are seen");

/** How levels are weighed and noise is drawn. */
export const noiseFields = {
  minSnrGamma: z.number().positive().optional().describe("Weighs the levels by min(SNR, this) (arXiv 2303.09556)"),
  offsetNoise: z.number().min(0).default(0).describe("Strength of noise that is the same all over a channel"),
  timestepBias: z
    .strictObject({
      begin: z.int().min(0).describe("The first of them"),
      end: z.int().min(1).optional().describe("The one after the last of them (all that follow)"),
      multiplier: z.number().positive().describe("How many times as often"),
    })
    .optional()
    .describe("Noise levels to learn more often, or less, than others; as in diffusers' scripts"),
};

/** What `"trainer": "diffusion"` takes. */
export const diffusionRecipe = z.strictObject({
  trainer: z.literal("diffusion").describe("Noise to pictures or latents"),
  ...runFields,
  size: sizeField,
  channels: z
    .union([z.literal(1), z.literal(3), z.literal(4)])
    .default(3)
    .describe("Channels of the pictures, where there is no autoencoder"),
  buckets: bucketsField,
  autoencoder: path.optional().describe("Folder of the autoencoder whose latents are learnt; pixels without it"),
  latents: latentsField,
  text: z
    .strictObject({
      path: path.describe("Folder with the text encoder and its tokenizer"),
    })
    .optional()
    .describe("Learns from captions"),
  classes: z.int().min(1).max(1e6).optional().describe("Learns from labels 0 to one less than this"),
  image: z
    .discriminatedUnion("kind", [
      z.strictObject({
        kind: z.literal("super-resolution").describe("Sees the picture made smaller"),
        factor: z.int().min(2).max(16).describe("How much smaller"),
      }),
      z.strictObject({ kind: z.literal("inpainting").describe("Sees a mask and the picture outside of it") }),
    ])
    .optional()
    .describe("Learns to complete a picture that it sees beside the noise"),
  dropout: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("Share of captions or labels that are left out, which guidance needs"),
  unet: z
    .strictObject({
      features: z.array(width).min(1).max(8).describe("Channels at each resolution, each half the one before"),
      attention: z.array(z.boolean()).min(1).max(8).describe("Whether each resolution has attention"),
      resnets: z.int().min(1).max(8).default(2).describe("Residual blocks at each resolution"),
      headWidth: width.default(8).describe("Channels of one attention head; divides those where there is attention"),
      groups: width.default(32).describe("Groups of the normalizations; divides every number of channels"),
      pooledText: z.boolean().default(false).describe("The text as one vector is added to the time embedding, too"),
    })
    .describe("Sizes of the network"),
  finetune: z
    .strictObject({ path: path.describe("Folder of a model whose UNet has the same sizes") })
    .optional()
    .describe("Go on from a trained UNet, with what else the recipe says"),
  diffusion: z
    .strictObject({
      prediction: z
        .enum(["epsilon", "v_prediction", "sample"])
        .default("epsilon")
        .describe("What the network predicts: the noise, v, or the clean data"),
      timesteps: z.int().min(2).max(10000).default(1000).describe("Noise levels to learn"),
      betaSchedule: oneOf(betaSchedules).default("scaled_linear").describe("How noise grows over them"),
      betaStart: z.number().positive().lt(1).default(0.00085).describe("Variance that the first adds"),
      betaEnd: z.number().positive().lt(1).default(0.012).describe("Variance that the last adds"),
      zeroTerminalSnr: z.boolean().default(false).describe("The last level is noise alone (arXiv 2305.08891)"),
      ...noiseFields,
    })
    .prefault({})
    .describe("The noise"),
  samples: z
    .strictObject({
      count: z.int().min(1).max(64).default(16).describe("Pictures to show"),
      prompts: z.array(z.string()).min(1).optional().describe("What to show; without it captions of the validation"),
      sampler: oneOf(samplers).default("ddim").describe("How to sample"),
      steps: z.int().min(1).max(1000).default(20).describe("Sampling steps"),
      guidanceScale: z.number().min(0).max(100).default(1).describe("How strongly to follow the condition"),
      seed: z.int().min(0).default(0).describe("Seed of their noise"),
    })
    .prefault({})
    .describe("What is shown while it trains"),
});

/** A diffusion recipe with its defaults. */
export type DiffusionRecipe = z.output<typeof diffusionRecipe>;
