// The recipe of a ControlNet.

import { z } from "zod";
import { annotatorIds } from "../../image/annotators/index.ts";
import { adaptationFields, promptField, saveTypeField } from "./adaptation-fields.ts";

const width = z.int().min(1).max(8192);

/** What `"trainer": "controlnet"` takes. */
export const controlNetRecipe = z.strictObject({
  trainer: z.literal("controlnet").describe("A network that makes a model follow pictures (arXiv 2302.05543)"),
  ...adaptationFields,
  prompt: promptField,
  control: z
    .discriminatedUnion("kind", [
      z.strictObject({
        kind: z.literal("annotators").describe("Made of the picture itself"),
        chains: z
          .array(
            z
              .array(
                z.strictObject({
                  annotator: z.enum(annotatorIds).describe("An annotator"),
                  options: z.record(z.string(), z.unknown()).default({}).describe("Its options"),
                }),
              )
              .min(1),
          )
          .min(1)
          .describe("Annotators one after another; of several such chains one is drawn for each picture"),
      }),
      z.strictObject({
        kind: z.literal("column").describe("Named beside the picture, in metadata.jsonl or the manifest"),
        column: z.string().min(1).default("conditioning_image").describe("The column with its path"),
      }),
      z.strictObject({
        kind: z.literal("folder").describe("In another folder, under the picture's own name"),
        path: z.string().min(1).describe("That folder"),
      }),
    ])
    .describe("Where the pictures to follow come from"),
  pictureFeatures: z
    .array(width)
    .min(1)
    .max(8)
    .optional()
    .describe("Widths on the picture's way to the latents' size, each half as large; 16, 32, 96, 256 without it"),
  type: saveTypeField("F32"),
});

/** A ControlNet recipe with its defaults. */
export type ControlNetRecipe = z.output<typeof controlNetRecipe>;
