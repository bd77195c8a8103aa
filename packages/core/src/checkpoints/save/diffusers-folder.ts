// A model as a folder in diffusers layout: a folder with config.json for each part, and model_index.json over them.

import { disk, joinPath, parentFolder } from "#platform";
import type { CheckpointTask, ModelFamily } from "../checkpoint.ts";
import { componentFolders } from "../folder-description.ts";
import { preferencesKey, readPreferences } from "../preferences.ts";
import { saveJson, savePart } from "./model-parts.ts";
import type { ModelToSave } from "./model-to-save.ts";
import { stoppable } from "./single-file.ts";
import { saveTokenizer } from "./tokenizer-folder.ts";

/** diffusers' version whose fields these are. */
const diffusersVersion = "0.35.0";

/** diffusers' pipeline of each task. */
const pipelines: Readonly<Record<CheckpointTask, Partial<Record<ModelFamily, string>> & { readonly usual: string }>> = {
  "text-to-image": { usual: "StableDiffusionPipeline", sdxl: "StableDiffusionXLPipeline" },
  "image-to-image": { usual: "StableDiffusionImg2ImgPipeline", "sdxl-refiner": "StableDiffusionXLImg2ImgPipeline" },
  inpainting: { usual: "StableDiffusionInpaintPipeline", sdxl: "StableDiffusionXLInpaintPipeline" },
  "instruct-pix2pix": {
    usual: "StableDiffusionInstructPix2PixPipeline",
    sdxl: "StableDiffusionXLInstructPix2PixPipeline",
  },
  "depth-to-image": { usual: "StableDiffusionDepth2ImgPipeline" },
  upscaling: { usual: "StableDiffusionUpscalePipeline" },
  "latent-upscaling": { usual: "StableDiffusionLatentUpscalePipeline" },
  unclip: { usual: "StableUnCLIPImg2ImgPipeline" },
};

/** What the index of a family says beside its parts. */
const indexSettings: Readonly<Record<ModelFamily, Readonly<Record<string, unknown>>>> = {
  sd1: { requires_safety_checker: false },
  sd2: { requires_safety_checker: false },
  sdxl: { force_zeros_for_empty_prompt: true },
  "sdxl-refiner": { force_zeros_for_empty_prompt: false, requires_aesthetics_score: true },
};

/** Parts that such pipelines can do without. */
const optionalParts = ["safety_checker", "feature_extractor", "image_encoder", "watermarker"];

/**
 * Writes `model` to the new folder `path`, whole or not at all: it grows under another name. Throws Error when there is something
 * at `path` already.
 */
export async function saveDiffusersFolder(
  path: string,
  model: ModelToSave,
  { signal }: { signal?: AbortSignal } = {},
): Promise<void> {
  if (disk === undefined) throw new Error(`Cannot write "${path}": a browser page has no file system`);
  if ((await disk.entry(path)) !== undefined)
    throw new Error(`Cannot write "${path}": it exists (a new folder is wanted)`);
  const growing = joinPath(
    parentFolder(path),
    `.${path.replace(/[\\/]+$/, "").replace(/^.*[\\/]/, "")}.${crypto.randomUUID()}.tmp`,
  );
  try {
    await writeFolder(growing, model, signal);
    await disk.rename(growing, path);
  } catch (error) {
    await disk.removeFolder(growing);
    throw error;
  }
}

async function writeFolder(path: string, model: ModelToSave, signal: AbortSignal | undefined): Promise<void> {
  const { family, task, scheduler, lowResScheduler, tokenizers, networks, modelIndex } = model;
  const parts: Record<string, unknown> = Object.fromEntries(optionalParts.map((part) => [part, [null, null]]));
  for (const [slot, folder] of Object.entries(componentFolders) as [keyof typeof componentFolders, string][]) {
    const network = networks.get(slot);
    const isText = slot.startsWith("textEncoder");
    if (network === undefined) {
      // SDXL's pipelines have places for both text encoders.
      if (isText && family.startsWith("sdxl")) parts[folder] = [null, null];
      continue;
    }
    parts[folder] = [isText ? "transformers" : "diffusers", network.className];
    await savePart(path, {
      folder,
      weightsName: isText ? "model" : "diffusion_pytorch_model",
      config: network.config,
      tensors: stoppable(network.tensors, signal),
    });
  }
  for (const [name, folder] of [
    ["tokenizer", "tokenizer"],
    ["tokenizer2", "tokenizer_2"],
  ] as const) {
    const files = tokenizers[name];
    if (files === undefined) {
      if (family.startsWith("sdxl")) parts[folder] = [null, null];
      continue;
    }
    parts[folder] = ["transformers", "CLIPTokenizer"];
    await saveTokenizer(joinPath(path, folder), files);
  }
  const schedulers = { scheduler, ...(lowResScheduler && { low_res_scheduler: lowResScheduler }) };
  for (const [folder, config] of Object.entries(schedulers)) {
    parts[folder] = ["diffusers", config._class_name];
    await disk!.makeFolder(joinPath(path, folder));
    await saveJson(joinPath(path, folder, "scheduler_config.json"), config);
  }
  const { usual, [family]: own = usual } = pipelines[task];
  // Entries of ours may name files, which are not copied.
  const { upscaler: _, ...preferences } = readPreferences(modelIndex, path);
  await saveJson(joinPath(path, "model_index.json"), {
    _class_name: own,
    _diffusers_version: diffusersVersion,
    ...indexSettings[family],
    ...(task === "upscaling" && { max_noise_level: 350 }),
    ...Object.fromEntries(Object.entries(modelIndex ?? {}).filter(([, value]) => !Array.isArray(value))),
    [preferencesKey]: Object.keys(preferences).length > 0 ? preferences : undefined,
    ...parts,
  });
}
