// The recipe of a judge: a network that says what a picture shows, and in which style.

import { z } from "zod";
import { runFields, sizeField } from "./run-fields.ts";

const count = z.int().min(1).max(1e6);
const column = z.string().min(1);
const share = z.number().min(0).lt(1);

/** What `"trainer": "judge"` takes. */
export const judgeRecipe = z.strictObject({
  trainer: z.literal("judge").describe("Pictures to what they show and in which style, to measure other models with"),
  ...runFields,
  size: sizeField,
  classes: z
    .strictObject({
      concept: column
        .default("label")
        .describe('Column with what a picture shows; "label" is the data set\'s own label'),
      style: column.optional().describe("Column with its style; without it all are of one"),
    })
    .prefault({})
    .describe("Where the classes are written"),
  judge: z
    .strictObject({
      stem: z.int().min(1).max(8).default(1).describe("Stride of the first convolution: 2 takes a quarter of the time"),
      features: z
        .array(z.int().min(1).max(8192))
        .min(1)
        .max(8)
        .default([32, 64, 128, 256])
        .describe("Channels per resolution; each after the first halves the picture, the last are the features"),
      blocks: z.int().min(1).max(32).default(1).describe("Residual blocks per resolution"),
      groups: z.int().min(1).max(1024).default(8).describe("Groups of the norms; divides each of the channels"),
    })
    .prefault({})
    .describe("Its sizes"),
  styleWeight: z.number().min(0).max(100).default(0.3).describe("Weight of the style's loss beside the concept's"),
  smoothing: share.default(0.1).describe("Share of the target that all classes get alike"),
  ground: z.enum(["white", "random"]).default("random").describe("What transparent pictures are laid on"),
  augment: z
    .strictObject({
      shift: share.default(0.1).describe("Largest move, as a share of the side"),
      degrees: z.number().min(0).max(180).default(12).describe("Largest turn"),
      scale: z.number().min(1).max(4).default(1.2).describe("Largest factor of growing and shrinking"),
    })
    .prefault({})
    .describe("How far pictures are changed, so that it sees none twice"),
  samples: z
    .strictObject({ count: count.max(64).default(16).describe("Pictures that are shown with the concepts found") })
    .prefault({})
    .describe("What is shown while it trains"),
});

/** A judge's recipe with its defaults. */
export type JudgeRecipe = z.output<typeof judgeRecipe>;
