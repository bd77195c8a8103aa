// What the commands that write whole models share: where to, in which layout and precision.

import { z } from "zod";
import type { WeightType } from "@noisette/core/checkpoints/save/stored-copies";
import { oneOf } from "@noisette/core/util/one-of";
import type { Presentation } from "../flags/flag.ts";

/** The types of weights by what people call them. */
export const weightTypes = { fp32: "F32", fp16: "F16", bf16: "BF16" } as const satisfies Record<string, WeightType>;

/** Options of writing a model. */
export const weightsOutputOptions = z.strictObject({
  out: z
    .string()
    .min(1)
    .optional()
    .describe("New file (.safetensors) in the original layout, or else a new folder as of diffusers"),
  layout: z.enum(["single-file", "diffusers"]).optional().describe("One of them, whatever the name says"),
  type: oneOf(weightTypes).optional().describe("Precision of all weights (that of each)"),
});

/** How they show themselves. */
export const weightsOutputPresentations: Readonly<Record<string, Presentation>> = {
  out: { group: "Output", short: "o", value: "PATH" },
  layout: { group: "Output" },
  type: { group: "Output" },
};
