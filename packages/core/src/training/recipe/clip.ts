// The recipe of a pair of towers that tell which text belongs to which picture.

import { z } from "zod";
import { runFields, sizeField } from "./run-fields.ts";

const width = z.int().min(1).max(8192);
const tower = {
  width: width.describe("Width of its states"),
  layers: z.int().min(1).max(64).describe("Its transformer layers"),
  heads: z.int().min(1).max(64).describe("Its attention heads; divides the width"),
  feedForward: z
    .int()
    .min(1)
    .max(65536)
    .optional()
    .describe("Units of its layers' perceptrons; four times the width without it"),
};

/** What `"trainer": "clip"` takes. */
export const clipRecipe = z.strictObject({
  trainer: z.literal("clip").describe("Texts and pictures to embeddings that agree"),
  ...runFields,
  size: sizeField,
  vision: z
    .strictObject({ ...tower, patch: width.describe("Side of the patches, in pixels; divides the size") })
    .optional()
    .describe("The image tower, where it is learnt too"),
  locked: z
    .strictObject({
      network: z
        .enum(["clip", "mobilenet"])
        .describe("clip: the image tower of a CLIP; mobilenet: nsfwjs's MobileNetV2 before its last halving"),
      path: z.string().min(1).describe("Its folder"),
    })
    .optional()
    .describe("An image tower that stays as it is, in place of one that is learnt (arXiv 2111.07991)"),
  drafts: z
    .strictObject({
      path: z.string().min(1).describe("Folder of the autoencoder"),
      size: sizeField.describe("Side of the pictures that it codes, in pixels"),
      patch: z.int().min(1).max(64).default(2).describe("Side of the patch that one state says, in latents"),
      weight: z.number().positive().default(1).describe("Weight of the error beside the contrastive loss"),
    })
    .optional()
    .describe(
      "The last states of a text also have to say, each by a linear layer, the latents of one patch of the picture: what a denoiser draws from text alone",
    ),
  text: z
    .strictObject({ ...tower, tokens: z.int().min(8).max(512).default(77).describe("Length of every text, in tokens") })
    .describe("The text tower"),
  projection: width.describe("Width of the embeddings"),
  finetune: z
    .strictObject({
      path: z
        .string()
        .min(1)
        .describe("Folder of a CLIP or text encoder of the same sizes, or with fewer feedForward units"),
    })
    .optional()
    .describe("Go on from a trained text tower"),
  tokenizer: z
    .strictObject({
      path: z.string().min(1).optional().describe("Folder of a tokenizer to take as it is"),
      vocabulary: z.int().min(514).max(1e6).optional().describe("Tokens to learn from the captions"),
      draws: z
        .int()
        .min(1)
        .max(100)
        .default(1)
        .describe("Captions of each picture to learn from, where they are drawn"),
    })
    .describe("The tokenizer: a path, or how many tokens to learn"),
  ground: z
    .enum(["white", "random"])
    .optional()
    .describe("What transparent pictures are laid on: random without it, white with a locked tower"),
  samples: z
    .strictObject({ count: z.int().min(1).max(64).default(8).describe("Pictures that are shown with the texts found") })
    .prefault({})
    .describe("What is shown while it trains"),
});

/** A clip recipe with its defaults. */
export type ClipRecipe = z.output<typeof clipRecipe>;
