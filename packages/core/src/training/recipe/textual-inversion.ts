// The recipe of a new word.

import { z } from "zod";
import { adaptationFields } from "./adaptation-fields.ts";

/** What `"trainer": "textual-inversion"` takes. */
export const textualInversionRecipe = z.strictObject({
  trainer: z.literal("textual-inversion").describe("Vectors that stand for a new word (arXiv 2208.01618)"),
  ...adaptationFields,
  word: z.string().min(1).max(200).describe('What prompts are to call it: "<cat-toy>"'),
  vectors: z.int().min(1).max(75).default(1).describe("How many vectors it is"),
  initial: z.string().min(1).default("*").describe("Known words it begins as: at most one token for each vector"),
  texts: z
    .union([z.enum(["object", "style"]), z.array(z.string().min(1)).min(1)])
    .default("object")
    .describe('What pictures are called: the usual texts of objects or styles, or texts with "{word}" and "{caption}"'),
});

/** A textual inversion recipe with its defaults. */
export type TextualInversionRecipe = z.output<typeof textualInversionRecipe>;
