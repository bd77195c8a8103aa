// The options of prompts, and those of the small choices in which programs differ; compat.ts sets them all at once.

import { z } from "zod";
import { chunkings } from "../prompts/chunks.ts";
import { emphases } from "../prompts/emphasis.ts";
import { promptSyntaxes } from "../prompts/read-prompt.ts";
import { oneOf } from "../util/one-of.ts";

/** The programs whose pictures can be asked for. */
export const compatIds = ["diffusers", "a1111", "comfyui"] as const;

const switched = z.enum(["on", "off"]);

/** Options of prompts by name. */
export const promptOptions = {
  compat: z
    .enum(compatIds)
    .optional()
    .describe("Make the picture that this program makes: sets the choices below, which can still be set one by one"),
  promptSyntax: oneOf(promptSyntaxes)
    .default("a1111")
    .describe("What brackets and the like mean: A1111's grammar, ComfyUI's weights, or nothing (plain)"),
  emphasis: oneOf(emphases)
    .default("original")
    .describe("What weights do: A1111's formula with or without its mean, ComfyUI's, nothing, or are text (none)"),
  chunking: oneOf(chunkings)
    .default("a1111")
    .describe("Long prompts: in chunks of 75 tokens that end as in A1111 or ComfyUI, or cut off as in diffusers"),
  padNegative: z.boolean().optional().describe("Give prompt and negative prompt as many chunks each (A1111's padding)"),
  dynamicPrompts: switched.default("on").describe("Draw from {a|b} and __wildcards__ by the picture's seed"),
} as const;

/** Choices in which programs differ beside the prompt, by name. */
export const compatOptions = {
  clipSkipSdxl: z
    .enum(["relative", "absolute", "ignored"])
    .default("relative")
    .describe(
      "clipSkip for SDXL, which skips a layer anyway: beyond that one, counting it (ComfyUI), or not at all (A1111)",
    ),
  emptyNegative: z
    .enum(["model", "zeros", "text"])
    .default("model")
    .describe("SDXL without a negative prompt: what the model's index says, zeros (A1111), or an empty text (ComfyUI)"),
  noiseSeedDelta: z
    .int()
    .min(0)
    .default(0)
    .describe("Added to the seed for the noise that samplers add, drawn anew (A1111's ENSD)"),
  stepRng: z
    .enum(["same", "cpu", "philox"])
    .default("same")
    .describe("Generator of that noise: the first one going on, or one of its own, as in ComfyUI"),
  brownianSeed: z
    .enum(["noise", "seed"])
    .default("noise")
    .describe("Brownian paths begin from drawn noise, or from the seed itself, as in A1111 and ComfyUI"),
  discardPenultimate: switched
    .default("off")
    .describe("Plan a step more and leave the last noise level but one out, as A1111 and ComfyUI do for some samplers"),
  initialNoise: z
    .enum(["plan", "sigma", "sgm"])
    .default("plan")
    .describe("Scale of the first noise: what the scheduler says, σ, or √(1+σ²) at the noisiest level"),
} as const;
