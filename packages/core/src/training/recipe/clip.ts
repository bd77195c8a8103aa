// The recipe of a pair of towers that tell which text belongs to which picture.

import { z } from "zod";
import { runFields, sizeField } from "./run-fields.ts";

const width = z.int().min(1).max(8192);
const tower = {
  width: width.describe("Width of its states"),
  layers: z.int().min(1).max(64).describe("Its transformer layers"),
  heads: z.int().min(1).max(64).describe("Its attention heads; divides the width"),
};

/** What `"trainer": "clip"` takes. */
export const clipRecipe = z.strictObject({
  trainer: z.literal("clip").describe("Texts and pictures to embeddings that agree"),
  ...runFields,
  size: sizeField,
  vision: z
    .strictObject({ ...tower, patch: width.describe("Side of the patches, in pixels; divides the size") })
    .describe("The image tower"),
  text: z
    .strictObject({ ...tower, tokens: z.int().min(8).max(512).default(77).describe("Length of every text, in tokens") })
    .describe("The text tower"),
  projection: width.describe("Width of the embeddings"),
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
  ground: z.enum(["white", "random"]).default("random").describe("What transparent pictures are laid on"),
  samples: z
    .strictObject({ count: z.int().min(1).max(64).default(8).describe("Pictures that are shown with the texts found") })
    .prefault({})
    .describe("What is shown while it trains"),
});

/** A clip recipe with its defaults. */
export type ClipRecipe = z.output<typeof clipRecipe>;
