// Everything about a generation that can be settled before a model is opened, so that mistakes are found at once.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { z } from "zod";
import { compatModes } from "@noisette/core/pipelines/compat";
import { generateOptions } from "@noisette/core/pipelines/options";
import type { GenerateInputs, GenerateOptions, LoadModelOptions } from "@noisette/core";
import type { generateCommandOptions } from "../commands/generate-options.ts";
import { partOf } from "../flags/part-of.ts";
import { checkpointOptions, loadOptions, modelOptions } from "../models/model-options.ts";
import type { ModelOptions } from "../models/model-options.ts";
import { defaultModel } from "../models/default-model.ts";
import { openStyles, openWildcardFolder, styledPrompts } from "../prompts/prompt-files.ts";
import { UsageError } from "../usage-error.ts";
import { readImage } from "@noisette/core/image/png";
import { readInit } from "./read-init.ts";
import { readRecord } from "./record.ts";
import type { SavedRecord } from "./record.ts";

/** A generation that is ready to start. */
export interface GenerationPlan {
  /** Path or Hub id. */
  readonly model: string;
  readonly load: LoadModelOptions;
  /** Which model and how to read it, for the pictures' records. */
  readonly loading: z.output<typeof checkpointOptions>;
  readonly options: GenerateOptions & GenerateInputs;
  /** Paths of networks that take part: a second model, an upscaler. */
  readonly refiner?: string;
  readonly upscaler?: string;
  /** Pictures that will be made. */
  readonly count: number;
  /** The picture to make again, and whether another model was named for it. */
  readonly repeats?: { readonly path: string; readonly record: SavedRecord; readonly elsewhere: boolean };
  readonly notices: readonly string[];
}

/** Plans what `noisette generate` was asked for. Throws UsageError when it was not asked for anything. */
export async function planGeneration(
  given: Partial<z.output<typeof generateCommandOptions>>,
  words: readonly string[],
): Promise<GenerationPlan> {
  const written = partOf(generateOptions, given);
  const record = given.from === undefined ? undefined : await readRecord(given.from);
  const promptsElsewhere = given.prompts === undefined ? undefined : "";
  const prompt = writtenPrompt(written.prompt, words) ?? record?.options.prompt ?? promptsElsewhere;
  if (prompt === undefined)
    throw new UsageError('Cannot generate: no prompt (noisette "a red fox in the snow", or "" for none)');
  if (record !== undefined) checkRepeatable(record, given);

  const styled = await openStyles(given);
  const wildcards = await openWildcardFolder(given);
  const named = chooseModel(partOf(modelOptions, given), record);
  const unnamed = named.model === undefined ? defaultModel() : undefined;
  const model = named.model ?? unnamed!.path;
  const init = given.init === undefined ? undefined : await readInit(given.init);
  const mask = given.mask === undefined ? undefined : await readImage(given.mask);
  const depth = given.depth === undefined ? undefined : await readImage(given.depth);
  const refiner = given.refiner ?? record?.refiner?.path;
  const side = unnamed?.side !== undefined && init === undefined ? { width: unnamed.side, height: unnamed.side } : {};
  // One picture of a run that shared its random numbers is made alone, unless the run is another now.
  const isSameRun =
    record?.batch !== undefined && written.prompt === undefined && words.length === 0 && written.count === undefined;
  const isNewPrompt = prompt !== record?.options.prompt;
  const options = {
    ...side,
    ...record?.options,
    // A program that is named now goes before what was recorded of another.
    ...(record && written.compat && compatModes[written.compat]({ ...record.options, ...written })),
    // A record's prompts are drawn already; new ones may be templates.
    ...(isNewPrompt && { dynamicPrompts: undefined }),
    ...(wildcards && { dynamicPrompts: "on" as const }),
    ...written,
    prompt,
    ...(styled && styledPrompts({ ...record?.options, ...written, prompt }, styled)),
  };
  return {
    model,
    load: {
      ...loadOptions(named),
      ...(given.previewDecoder !== undefined && { previewDecoder: given.previewDecoder }),
    },
    loading: recordedLoading({ ...named, model }),
    options: {
      ...options,
      ...(init && { init }),
      ...(wildcards && { wildcards }),
      ...(record?.template && !isNewPrompt && { template: record.template }),
      ...(mask && { mask }),
      ...(depth && { depth }),
      ...(given.preview !== undefined && { previewEvery: given.preview }),
      ...(isSameRun && { pictures: [record.batch!.index] }),
    },
    ...(refiner !== undefined && { refiner }),
    ...(given.hiresUpscalerModel !== undefined && { upscaler: given.hiresUpscalerModel }),
    count: isSameRun ? 1 : [prompt].flat().length * (options.count ?? 1),
    ...(record && { repeats: { path: given.from!, record, elsewhere: given.model !== undefined } }),
    notices: unnamed === undefined ? [] : [unnamed.notice],
  };
}

/** Throws UsageError when the picture to repeat was made with something that its record does not hold and no flag gives. */
function checkRepeatable(
  record: SavedRecord,
  given: Partial<z.output<typeof generateCommandOptions>> & { from?: string },
): void {
  const missing = (what: string, flag: string) => {
    throw new UsageError(
      `Cannot repeat "${given.from}": it ${what} that its record does not hold (--${flag} with the file is wanted)`,
    );
  };
  if (record.init !== undefined && given.init === undefined)
    missing(`started from ${record.init === "image" ? "a picture" : "latents"}`, "init");
  if (record.mask && given.mask === undefined) missing("was painted under a mask", "mask");
  if (record.depth && given.depth === undefined) missing("was painted after a depth picture", "depth");
  if (record.upscaler && given.hiresUpscalerModel === undefined)
    missing("was enlarged by a network", "hires-upscaler-model");
}

function writtenPrompt(option: string | string[] | undefined, words: readonly string[]): string | string[] | undefined {
  if (option !== undefined && words.length > 0) {
    throw new UsageError(
      `Cannot generate: --prompt and the words ${JSON.stringify(words.join(" "))} (one of them is wanted; --prompt can be repeated)`,
    );
  }
  return words.length > 0 ? words.join(" ") : option;
}

/** The flags win, then the picture to repeat, then the environment. */
function chooseModel(given: ModelOptions, record: SavedRecord | undefined): ModelOptions {
  if (given.model !== undefined) return given;
  if (record === undefined) return { ...given, model: process.env.NOISETTE_MODEL || undefined };
  const { path } = record.model;
  const device = modelOptions.shape.device.safeParse(record.device).data;
  return { ...record.loading, device, ...given, model: existsSync(path) ? path : (record.loading?.model ?? path) };
}

/** Paths in full, so that they mean the same in another folder. */
function recordedLoading(options: ModelOptions): z.output<typeof checkpointOptions> {
  const { model, config, vae, ...rest } = partOf(checkpointOptions, options);
  const full = (path: string) => (existsSync(path) ? resolve(path) : path);
  return {
    ...(model !== undefined && { model: full(model) }),
    ...(config !== undefined && { config: full(config) }),
    ...(vae !== undefined && { vae: full(vae) }),
    ...rest,
  };
}
