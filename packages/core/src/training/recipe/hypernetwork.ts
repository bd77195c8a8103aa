// The recipe of a hypernetwork.

import { z } from "zod";
import { hypernetworkActivations } from "../../models/hypernetwork-activations.ts";
import { oneOf } from "../../util/one-of.ts";
import { hypernetworkInitializations } from "../hypernetwork-initializations.ts";
import { adaptationFields, promptField } from "./adaptation-fields.ts";

/** What `"trainer": "hypernetwork"` takes. */
export const hypernetworkRecipe = z.strictObject({
  trainer: z.literal("hypernetwork").describe("Small networks before keys and values, as AUTOMATIC1111's"),
  ...adaptationFields,
  prompt: promptField,
  widths: z
    .array(z.int().min(1).max(65536))
    .min(1)
    .optional()
    .describe("Widths of what is changed; without it those of the texts and of the UNet's attentions"),
  layerStructure: z
    .array(z.number().positive().max(64))
    .min(2)
    .max(32)
    .default([1, 2, 1])
    .describe("Width of each layer as a multiple, from 1 to 1"),
  activation: oneOf(hypernetworkActivations).default("linear").describe("Activation behind the layers"),
  activateOutput: z.boolean().default(false).describe("The last layer has the activation too"),
  layerNorm: z.boolean().default(false).describe("Layers are normalized"),
  layerDropout: z
    .array(z.number().min(0).lt(1))
    .min(2)
    .optional()
    .describe("Share of features that are dropped behind each layer, as long as the structure; first and last are 0"),
  initialization: oneOf(hypernetworkInitializations).default("normal").describe("How the weights begin"),
});

/** A hypernetwork recipe with its defaults. */
export type HypernetworkRecipe = z.output<typeof hypernetworkRecipe>;
