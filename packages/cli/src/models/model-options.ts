// Which model, and how to open it: the flags that every command shares that runs networks.

import { z } from "zod";
import type { LoadModelOptions } from "@noisette/core";
import { checkpointOptions } from "@noisette/core/pipelines/checkpoint-options";
import type { Presentation } from "../flags/flag.ts";
import { partOf } from "../flags/part-of.ts";

/** The same, and where to run it. */
export const modelOptions = checkpointOptions.extend({
  device: z.enum(["auto", "cpu", "webgpu"]).default("auto").describe("Where to run"),
  threads: z.int().min(1).max(1024).optional().describe("Threads of the CPU (all cores)"),
});

/** What was written of these. */
export type ModelOptions = Partial<z.output<typeof modelOptions>>;

/** How they show themselves. */
export const modelPresentations: Readonly<Record<keyof z.output<typeof modelOptions>, Presentation>> = {
  model: { group: "Model", short: "m", value: "MODEL" },
  revision: { group: "Model", value: "NAME" },
  variant: { group: "Model", value: "NAME" },
  config: { group: "Model", value: "FOLDER" },
  vae: { group: "Model", value: "PATH" },
  family: { group: "Model" },
  prediction: { group: "Model" },
  device: { group: "Memory", short: "d" },
  threads: { group: "Memory" },
};

/** `options` as `load` takes them: without the model's name, which is its other argument. */
export const loadOptions = (options: ModelOptions): LoadModelOptions =>
  partOf(modelOptions.omit({ model: true }), options);
