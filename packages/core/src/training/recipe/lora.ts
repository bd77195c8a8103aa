// The recipe of a LoRA.

import { z } from "zod";
import { adaptationFields, priorField, promptField, saveTypeField } from "./adaptation-fields.ts";

const rank = z.int().min(1).max(4096);
const alpha = z.number().positive();

/** What `"trainer": "lora"` takes. */
export const loraRecipe = z.strictObject({
  trainer: z.literal("lora").describe("Low-rank changes to a model's weights (LoRA, arXiv 2106.09685)"),
  ...adaptationFields,
  prompt: promptField,
  prior: priorField,
  rank: rank.default(8).describe("Rank of every layer that does not say otherwise"),
  alpha: alpha.optional().describe("Changes are scaled by this over the rank; the rank itself without it"),
  layers: z
    .array(
      z.strictObject({
        pattern: z
          .string()
          .min(1)
          .describe(
            'Layers by their diffusers names, * for anything: "unet.*.attn?.to_*", "text_encoder.*.self_attn.*"',
          ),
        rank: z.int().min(0).max(4096).optional().describe("Their rank; 0 leaves them alone"),
        alpha: alpha.optional().describe("Their alpha"),
        learningRate: z.number().positive().optional().describe("Factor on the learning rate"),
      }),
    )
    .min(1)
    .default([{ pattern: "unet.*attentions.*" }])
    .describe("What is changed: linear layers and convolutions, each by the first pattern that fits it"),
  type: saveTypeField("F16"),
});

/** A LoRA recipe with its defaults. */
export type LoraRecipe = z.output<typeof loraRecipe>;
