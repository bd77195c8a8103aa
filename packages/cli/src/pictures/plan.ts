// Everything about a generation that can be settled before a model is opened, so that mistakes are found at once.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { z } from "zod";
import { checkpointOptions } from "@noisette/core/pipelines/checkpoint-options";
import { defaultNsfwThreshold } from "@noisette/core/pipelines/content-gate";
import { compatModes } from "@noisette/core/pipelines/compat";
import { generateOptions } from "@noisette/core/pipelines/options";
import type { GenerateInputs, GenerateOptions, LoadModelOptions } from "@noisette/core";
import { namedInFull, readAdapterFolder } from "../adapters/adapter-folder.ts";
import type { generateCommandOptions } from "../commands/generate-options.ts";
import { partOf } from "../flags/part-of.ts";
import { loadOptions, modelOptions } from "../models/model-options.ts";
import type { ModelOptions } from "../models/model-options.ts";
import type { GateSettings } from "../models/open-gate.ts";
import { defaultModel } from "../models/default-model.ts";
import { openStyles, openWildcardFolder, styledPrompts } from "../prompts/prompt-files.ts";
import { UsageError } from "../usage-error.ts";
import { readBytes, readImage } from "@noisette/core/image/png";
import type { FoundModel, FoundSettings } from "@noisette/core/metadata/found-settings";
import { readHistory } from "@noisette/core/metadata/read-history";
import type { PictureHistory } from "@noisette/core/metadata/read-history";
import type { RecordedLoading, SavedRecord } from "@noisette/core/metadata/saved-record";
import { readControls } from "./read-controls.ts";
import { readIpAdapters } from "./read-ip-adapters.ts";
import { readInit } from "./read-init.ts";
import { unrepeated } from "./unrepeated.ts";

/** A generation that is ready to start. */
export interface GenerationPlan {
  /** Path or Hub id. */
  readonly model: string;
  readonly load: LoadModelOptions;
  /** Which model and how to read it, for the pictures' records. */
  readonly loading: RecordedLoading;
  readonly options: GenerateOptions & GenerateInputs;
  /** Paths of networks that take part: a second model, an upscaler. */
  readonly refiner?: string;
  readonly upscaler?: string;
  /** What becomes of unsafe pictures; without it they are not looked for. */
  readonly gate?: GateSettings;
  /** Pictures that will be made. */
  readonly count: number;
  /** The picture to make again, the model it was made with, and whether that may be another now. */
  readonly repeats?: {
    readonly path: string;
    readonly model: FoundModel;
    readonly elsewhere: boolean;
    /** Of its LoRAs, by name. */
    readonly loraHashes: Readonly<Record<string, string>>;
  };
  readonly notices: readonly string[];
}

type Given = Partial<z.output<typeof generateCommandOptions>>;

/** Plans what `noisette generate` was asked for. Throws UsageError when it was not asked for anything. */
export async function planGeneration(given: Given, words: readonly string[]): Promise<GenerationPlan> {
  const { controls: _, ipAdapters: __, ...written } = partOf(generateOptions, given);
  const history = given.from === undefined ? undefined : readHistory(await readBytes(given.from), given.from);
  const { record, settings } = history ?? {};
  const earlier = record?.options ?? settings?.options;
  const promptsElsewhere = given.prompts === undefined ? undefined : "";
  const { adapters, inputs: adapterInputs } = await readAdapterFolder(given.adapters ?? record?.adapters);
  const found = settings && adapters !== undefined ? withTags(settings) : earlier?.prompt;
  const prompt = writtenPrompt(written.prompt, words) ?? found ?? promptsElsewhere;
  if (prompt === undefined)
    throw new UsageError('Cannot generate: no prompt (noisette "a red fox in the snow", or "" for none)');
  if (history !== undefined) checkRepeatable(history, given);

  const styled = await openStyles(given);
  const wildcards = await openWildcardFolder(given);
  const named = chooseModel(partOf(modelOptions, given), record);
  const unnamed = named.model === undefined ? defaultModel() : undefined;
  const model = named.model ?? unnamed!.path;
  const init = given.init === undefined ? undefined : await readInit(given.init);
  const mask = given.mask === undefined ? undefined : await readImage(given.mask);
  const depth = given.depth === undefined ? undefined : await readImage(given.depth);
  const controls = await readControls(given.controls, record?.options.controls ?? settings?.controls);
  const ipAdapters = await readIpAdapters(given.ipAdapters, record?.options.ipAdapters ?? settings?.ipAdapters);
  const refiner = given.refiner ?? record?.refiner?.path;
  const side = unnamed?.side !== undefined && init === undefined ? { width: unnamed.side, height: unnamed.side } : {};
  // One picture of a run that shared its random numbers is made alone, unless the run is another now.
  const isSameRun =
    record?.batch !== undefined && written.prompt === undefined && words.length === 0 && written.count === undefined;
  const isNewPrompt = prompt !== found;
  const options = {
    ...side,
    ...earlier,
    ...(refiner === undefined && { refinerAt: undefined }),
    // A program that is named now goes before what was recorded of another.
    ...(record && written.compat && compatModes[written.compat]({ ...record.options, ...written })),
    // A record's prompts are drawn already; new ones may be templates.
    ...(isNewPrompt && { dynamicPrompts: undefined }),
    ...(wildcards && { dynamicPrompts: "on" as const }),
    ...written,
    ...(written.loras && { loras: namedInFull(written.loras) }),
    ...(written.embeddings && { embeddings: namedInFull(written.embeddings) }),
    ...(written.hypernetworks && { hypernetworks: namedInFull(written.hypernetworks) }),
    prompt,
    ...(styled && styledPrompts({ ...earlier, ...written, prompt }, styled)),
  };
  return {
    model,
    load: {
      ...loadOptions(named),
      ...(given.previewDecoder !== undefined && { previewDecoder: given.previewDecoder }),
    },
    loading: { ...recordedLoading({ ...named, model }), ...(adapters !== undefined && { adapters }) },
    options: {
      ...options,
      ...(init && { init }),
      ...(wildcards && { wildcards }),
      ...(record?.template && !isNewPrompt && { template: record.template }),
      ...(mask && { mask }),
      ...(depth && { depth }),
      ...adapterInputs,
      ...controls,
      ...ipAdapters,
      ...(given.preview !== undefined && { previewEvery: given.preview }),
      ...(isSameRun && { pictures: [record.batch!.index] }),
    },
    ...(refiner !== undefined && { refiner }),
    ...(given.hiresUpscalerModel !== undefined && { upscaler: given.hiresUpscalerModel }),
    ...gateOf(given),
    count: isSameRun ? 1 : [prompt].flat().length * (options.count ?? 1),
    ...repeatedModel(given, { record, settings } as Partial<PictureHistory>),
    notices: [
      ...(unnamed === undefined ? [] : [unnamed.notice]),
      ...(settings
        ? unrepeated(given.from!, settings, {
            hasRefiner: refiner !== undefined,
            hasAdapters: adapters !== undefined,
            controls: given.controls?.length ?? 0,
            ipAdapters: given.ipAdapters?.length ?? 0,
          })
        : []),
    ],
  };
}

function gateOf({ nsfw = "off", nsfwThreshold }: Given): Pick<GenerationPlan, "gate"> {
  if (nsfw !== "off") return { gate: { policy: nsfw, threshold: nsfwThreshold ?? defaultNsfwThreshold } };
  if (nsfwThreshold !== undefined)
    throw new UsageError("Cannot judge pictures with --nsfw-threshold alone (--nsfw blur or refuse is wanted)");
  return {};
}

/** Throws UsageError when the picture to repeat was made with something that its file does not hold and no flag gives. */
function checkRepeatable({ record, settings }: PictureHistory, given: Given): void {
  const wanted = (what: string | undefined, flag: keyof typeof flagsWithFiles) => {
    if (what === undefined || given[flag] !== undefined) return;
    throw new UsageError(
      `Cannot repeat "${given.from}": it ${what} that its record does not hold (--${flagsWithFiles[flag]} is wanted)`,
    );
  };
  const init = record?.init && (record.init === "image" ? "a picture" : "latents");
  const start = init ?? settings?.init;
  wanted(start && `started from ${start}`, "init");
  wanted(record?.mask || settings?.mask ? "was painted under a mask" : undefined, "mask");
  wanted(record?.depth ? "was painted after a depth picture" : undefined, "depth");
  wanted(record?.controls ? "followed control pictures" : undefined, "controls");
  wanted(record?.ipAdapters ? "looked at pictures" : undefined, "ipAdapters");
  wanted(record?.upscaler ? "was enlarged by a network" : undefined, "hiresUpscalerModel");
}

/** What gives the files that a record does not hold. */
const flagsWithFiles = {
  init: "init with the file",
  mask: "mask with the file",
  depth: "depth with the file",
  controls: "control image=FILE for each",
  ipAdapters: "ip-adapter image=PICTURE for each",
  hiresUpscalerModel: "hires-upscaler-model with the file",
} as const;

/** With another program's settings the model is whichever is named: their files are not ours to find. */
function repeatedModel({ from, model }: Given, { record, settings }: Partial<PictureHistory>): Partial<GenerationPlan> {
  const found = record?.model ?? settings?.model;
  if (found === undefined) return {};
  const loraHashes =
    settings?.loraHashes ?? Object.fromEntries((record?.loras ?? []).map(({ name, hash }) => [name, hash]));
  const elsewhere = settings !== undefined || model !== undefined;
  return { repeats: { path: from!, model: found, elsewhere, loraHashes } };
}

function writtenPrompt(option: string | string[] | undefined, words: readonly string[]): string | string[] | undefined {
  if (option !== undefined && words.length > 0) {
    throw new UsageError(
      `Cannot generate: --prompt and the words ${JSON.stringify(words.join(" "))} (one of them is wanted; --prompt can be repeated)`,
    );
  }
  return words.length > 0 ? words.join(" ") : option;
}

/** Another program's prompt with the tags that were taken out of it. */
const withTags = ({ options: { prompt }, networks }: FoundSettings): string | string[] =>
  typeof prompt === "string" ? [prompt, ...networks].join(" ") : prompt;

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
