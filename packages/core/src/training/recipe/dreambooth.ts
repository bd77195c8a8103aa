// The recipe of a whole model that learns one thing.

import { z } from "zod";
import { adaptationFields, priorField, promptField, saveTypeField } from "./adaptation-fields.ts";

/** What `"trainer": "dreambooth"` takes. */
export const dreamboothRecipe = z.strictObject({
  trainer: z.literal("dreambooth").describe("A model's own weights, on a few pictures of one thing (arXiv 2208.12242)"),
  ...adaptationFields,
  prompt: promptField,
  prior: priorField,
  textEncoder: z.boolean().default(false).describe("Text encoders learn too"),
  type: saveTypeField("F32"),
});

/** A DreamBooth recipe with its defaults. */
export type DreamboothRecipe = z.output<typeof dreamboothRecipe>;
