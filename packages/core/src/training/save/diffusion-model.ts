// A trained denoising network with all that is needed to make pictures: a folder that diffusers' pipelines load, and our own.

import { disk } from "#platform";
import type { Tensor } from "../../tensor/tensor.ts";
import type { AutoencoderFiles } from "../trainers/autoencoder-files.ts";
import type { DenoisingNetwork } from "../trainers/denoising-network.ts";
import type { TextEncoderFiles } from "../trainers/text-encoder.ts";
import type { DiffusionRecipe } from "../recipe/diffusion.ts";
import { saveJson, savePart, saveText } from "../../checkpoints/save/model-parts.ts";
import { copies } from "../../checkpoints/save/stored-copies.ts";
import { schedulerPublished } from "./published-configs.ts";
import { saveTokenizer } from "../../checkpoints/save/tokenizer-folder.ts";

/** What a diffusion model is made of. */
export interface DiffusionModelParts {
  readonly recipe: DiffusionRecipe;
  readonly network: DenoisingNetwork;
  /** The network's, under published names. */
  readonly weights: ReadonlyMap<string, Tensor>;
  readonly card: string;
  readonly autoencoder: AutoencoderFiles | undefined;
  readonly text: TextEncoderFiles | undefined;
}

/** Writes the model to the folder `path`; files that are there are replaced one by one, each whole. */
export async function saveDiffusionModel(
  path: string,
  { recipe, network, weights, card, autoencoder, text }: DiffusionModelParts,
): Promise<void> {
  await savePart(path, {
    folder: network.component,
    weightsName: "diffusion_pytorch_model",
    config: network.published,
    tensors: weights,
  });
  const scheduler = schedulerPublished(recipe);
  await disk!.makeFolder(`${path}/scheduler`);
  await saveJson(`${path}/scheduler/scheduler_config.json`, scheduler);
  const autoencoderFolder = pipelineOf({ recipe, text }).autoencoderFolder;
  if (autoencoder !== undefined) {
    await savePart(path, {
      folder: autoencoderFolder,
      weightsName: "diffusion_pytorch_model",
      config: autoencoder.published,
      tensors: copies(autoencoder.tensors),
    });
  }
  if (text !== undefined) {
    const { image_tower: _, ...published } = text.published;
    await savePart(path, {
      folder: "text_encoder",
      weightsName: "model",
      config: { ...published, architectures: ["CLIPTextModel"], model_type: "clip_text_model" },
      tensors: copies(text.tensors),
    });
    await saveTokenizer(`${path}/tokenizer`, text.tokenizerFiles);
  }
  await saveJson(`${path}/model_index.json`, {
    _class_name: pipelineOf({ recipe, text }).className,
    _diffusers_version: network.published._diffusers_version,
    [network.component]: ["diffusers", network.published._class_name],
    scheduler: ["diffusers", scheduler._class_name],
    ...(autoencoder && { [autoencoderFolder]: ["diffusers", autoencoder.className] }),
    ...(text && {
      text_encoder: ["transformers", "CLIPTextModel"],
      tokenizer: ["transformers", "CLIPTokenizer"],
      safety_checker: [null, null],
      feature_extractor: [null, null],
      requires_safety_checker: false,
    }),
  });
  await saveText(`${path}/README.md`, card);
}

/** diffusers' pipeline for a model, and what it calls the autoencoder. Where it has none the parts can be loaded one by one. */
function pipelineOf({ recipe, text }: Pick<DiffusionModelParts, "recipe" | "text">): {
  className: string;
  autoencoderFolder: "vae" | "vqvae";
} {
  const { image, autoencoder, classes } = recipe;
  const condition = image?.kind ?? (text === undefined && classes !== undefined ? "class" : "none");
  if (text !== undefined) return { className: textPipelines[condition] ?? generic, autoencoderFolder: "vae" };
  const pipelines = autoencoder === undefined ? pixelPipelines : latentPipelines;
  return { className: pipelines[condition] ?? generic, autoencoderFolder: "vqvae" };
}

const generic = "DiffusionPipeline";
const textPipelines: Readonly<Record<string, string>> = {
  none: "StableDiffusionPipeline",
  inpainting: "StableDiffusionInpaintPipeline",
};
const latentPipelines: Readonly<Record<string, string>> = {
  none: "LDMPipeline",
  "super-resolution": "LDMSuperResolutionPipeline",
};
const pixelPipelines: Readonly<Record<string, string>> = { none: "DDIMPipeline" };
