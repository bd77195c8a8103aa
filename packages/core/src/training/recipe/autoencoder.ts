// The recipe of an autoencoder.

import { z } from "zod";
import { oneOf } from "../../util/one-of.ts";
import { discriminatorLosses } from "../losses/adversarial.ts";
import { runFields, sizeField } from "./run-fields.ts";

const width = z.int().min(1).max(8192);

/** What `"trainer": "autoencoder"` takes. */
export const autoencoderRecipe = z.strictObject({
  trainer: z.literal("autoencoder").describe("Pictures to latents and back"),
  ...runFields,
  size: sizeField,
  channels: z
    .union([z.literal(1), z.literal(3), z.literal(4)])
    .default(3)
    .describe("1 for grey, 3 for colours, 4 for colours and transparency"),
  autoencoder: z
    .strictObject({
      latentChannels: width.describe("Channels of the latents"),
      features: z
        .array(width)
        .min(1)
        .max(6)
        .describe(
          "Channels at each resolution, each half the one before: n of them make latents 2^(n-1) times smaller",
        ),
      resnets: z.int().min(1).max(8).default(2).describe("Residual blocks at each resolution"),
      groups: width.default(32).describe("Groups of the normalizations; divides every number of channels"),
      middleAttention: z.boolean().default(true).describe("Attention over all places at the lowest resolution"),
    })
    .describe("Sizes of the network"),
  finetune: z
    .strictObject({
      path: z.string().min(1).describe("Folder of the autoencoder to go on from, of the same sizes"),
      learns: z
        .enum(["all", "decoder"])
        .default("all")
        .describe("decoder: latents stay as they are, for models that have learnt them"),
      latentNoise: z
        .number()
        .positive()
        .max(10)
        .optional()
        .describe(
          "Noise upon the latents, for a decoder that forgives what diffusion models get wrong: of deviations up to about this, in the latents' own",
        ),
    })
    .optional()
    .describe("Go on from a trained autoencoder"),
  regularization: z
    .discriminatedUnion("kind", [
      z.strictObject({
        kind: z.literal("kl").describe("Latents are drawn from distributions that are held near the normal one"),
        weight: z.number().min(0).default(1e-6).describe("Weight of their distance from it"),
      }),
      z.strictObject({
        kind: z.literal("vq").describe("Latents are the nearest entries of a codebook"),
        codes: z.int().min(2).max(1e6).describe("Entries of the codebook"),
        weight: z.number().min(0).default(1).describe("Weight of the codebook's loss"),
        beta: z.number().min(0).default(0.25).describe("Weight of the commitment within it"),
        revive: z
          .strictObject({
            every: z.int().min(1).default(500).describe("Steps between revivals"),
            below: z
              .number()
              .positive()
              .default(0.03)
              .describe("Uses per step, of a fair share of 1, under which a code is dead"),
          })
          .optional()
          .describe("Dead codes are moved to latents of the batch"),
      }),
    ])
    .prefault({ kind: "kl" })
    .describe("What keeps the latents in order"),
  perceptual: z
    .strictObject({
      kind: z.enum(["lpips", "clip"]).describe("lpips: published VGG weights; clip: an image tower trained here"),
      path: z
        .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
        .describe("Its files: for lpips VGG16's and the heads', for clip the folder"),
      weight: z.number().positive().default(1).describe("Weight of the perceptual error"),
    })
    .optional()
    .describe("An error between features beside that between pixels"),
  adversarial: z
    .strictObject({
      start: z.int().min(0).describe("Step from which the discriminator counts"),
      weight: z.number().positive().default(0.5).describe("Weight of the generator's loss, on top of the adaptive one"),
      loss: oneOf(discriminatorLosses).default("hinge").describe("The discriminator's loss"),
      features: width.default(64).describe("Channels of its first convolution"),
      layers: z.int().min(1).max(6).default(3).describe("Its convolutions of stride 2"),
      norm: z.enum(["batch", "group", "none"]).default("batch").describe("Its normalizations"),
    })
    .optional()
    .describe("A patch discriminator that sharpens pictures"),
  logVariance: z
    .strictObject({
      initial: z.number().default(0).describe("Logarithm of the variance of pixels"),
      learn: z.boolean().default(false).describe("Whether it is learnt"),
    })
    .prefault({})
    .describe("How certain pixels are, for kl"),
  samples: z
    .strictObject({ count: z.int().min(1).max(64).default(8).describe("Pictures that are shown with their copies") })
    .prefault({})
    .describe("What is shown while it trains"),
});

/** An autoencoder's recipe with its defaults. */
export type AutoencoderRecipe = z.output<typeof autoencoderRecipe>;
