// What a single file does not say outright: its family, its task and what its UNet predicts.

import { hasKBlocks } from "../models/k-unet-config.ts";
import type { StoredTensor, StoredTensors } from "../tensor/stored.ts";
import type { CheckpointTask, ModelFamily, NetworkSlot, Prediction } from "./checkpoint.ts";
import type { LabelEmbedding } from "./names/ldm-unet.ts";
import { own } from "./own.ts";

/** Widths of the text that SDXL (CLIP-L beside bigG) and its refiner (bigG) attend to. */
const sdxlTextWidths = [2048, 1280];

/** Where the label embedding of a UNet named in the original way belongs: SDXL uses it for sizes and pooled text. */
export function detectLabelEmbedding(prefixes: Iterable<string>, unet: StoredTensors): LabelEmbedding {
  for (const prefix of prefixes) if (prefix.startsWith("conditioner.")) return "add_embedding";
  return sdxlTextWidths.includes(textWidth(unet) ?? 0) ? "add_embedding" : "class_embedding";
}

/** The family of a UNet under published names, with the text encoders that stand beside it. */
export function detectFamily(unet: StoredTensors, slots: ReadonlySet<NetworkSlot>): ModelFamily {
  if (unet.has("add_embedding.linear_1.weight")) {
    if (slots.has("textEncoder")) return "sdxl";
    return slots.has("textEncoder2") || textWidth(unet) === 1280 ? "sdxl-refiner" : "sdxl";
  }
  // SD 1 projects into its transformers with 1×1 convolutions, SD 2 with linear layers.
  const projection = find(unet, ".proj_in.weight");
  return projection?.dims.length === 2 ? "sd2" : "sd1";
}

/** The family that a diffusers configuration of the UNet stands for. */
export function familyOfConfig(unet: Readonly<Record<string, unknown>>, slots: ReadonlySet<NetworkSlot>): ModelFamily {
  if (unet.addition_embed_type === "text_time") return slots.has("textEncoder") ? "sdxl" : "sdxl-refiner";
  return unet.use_linear_projection === true ? "sd2" : "sd1";
}

/** The task of a UNet, from the channels it takes beside the latents. */
export function detectTask(
  unet: Readonly<Record<string, unknown>>,
  { family, latentChannels }: { family: ModelFamily; latentChannels: number },
): CheckpointTask {
  const extra = Number(unet.in_channels ?? latentChannels) - latentChannels;
  if (extra === latentChannels + 1) return "inpainting"; // mask, masked latents
  if (hasKBlocks(unet)) return "latent-upscaling"; // the small image's latents
  if (extra === latentChannels) return "instruct-pix2pix"; // the source image's latents
  if (extra === 3) return "upscaling"; // the small image's pixels
  if (extra === 1) return "depth-to-image";
  if (unet.class_embed_type === "projection") return "unclip";
  return family === "sdxl-refiner" ? "image-to-image" : "text-to-image";
}

/** What a file says or shows about its prediction, and why that was concluded. */
export interface DetectedPrediction {
  readonly prediction: Prediction;
  /** Set where the conclusion is a guess that the user should know of. */
  readonly note?: string;
}

/** How tools write the prediction into metadata. */
const metadataKeys = ["modelspec.prediction_type", "modelspec.predict_key", "prediction_type"];
const metadataValues: Readonly<Record<string, Prediction>> = {
  epsilon: "epsilon",
  eps: "epsilon",
  v: "v_prediction",
  v_prediction: "v_prediction",
  sample: "sample",
};

/** Training steps written into the original SD 2 files: 2.0-base, 2.1-base and 2.1. */
const sd2Steps: Readonly<Record<number, Prediction>> = { 875000: "epsilon", 220000: "epsilon", 110000: "v_prediction" };

/** Spread of one normalisation bias above which an SD 2 UNet predicts v: ComfyUI's rule. */
const vPredictionSpread = 0.09;

/**
 * The prediction of a single file, from the surest sign to the weakest: metadata, marker tensors, the training step
 * of Stability's own SD 2 files, and for other SD 2 files (512 epsilon and 768 v have the same shapes) the spread of
 * the last attention's norm1.bias. `read` gives a tensor's values.
 */
export async function detectPrediction(
  file: {
    tensors: StoredTensors;
    metadata: Readonly<Record<string, string>>;
    unet: StoredTensors;
    family: ModelFamily;
  },
  read: (stored: StoredTensor) => Promise<ArrayLike<number>>,
): Promise<DetectedPrediction> {
  for (const key of metadataKeys) {
    const prediction = own(metadataValues, file.metadata[key] ?? "");
    if (prediction !== undefined) return { prediction };
  }
  if (file.metadata.ss_v_parameterization === "True") return { prediction: "v_prediction" };
  if (file.tensors.has("v_pred") || file.tensors.has("edm_vpred.sigma_max")) return { prediction: "v_prediction" };

  const input = file.unet.get("conv_in.weight")?.dims[1];
  if (file.family !== "sd2" || input !== 4) return { prediction: "epsilon" };
  const byStep = sd2Steps[await globalStep(file, read)];
  if (byStep !== undefined) return { prediction: byStep };
  const bias = lastNormBias(file.unet);
  if (bias === undefined) {
    return {
      prediction: "v_prediction",
      note: `SD 2 file: taken as v-prediction, as 2.1 is (pass "prediction" otherwise)`,
    };
  }
  const spread = standardDeviation(await read(bias));
  const prediction = spread > vPredictionSpread ? "v_prediction" : "epsilon";
  return {
    prediction,
    note: `SD 2 file: taken as ${prediction} because "${bias.name}" spreads by ${spread.toFixed(3)} (pass "prediction" otherwise)`,
  };
}

async function globalStep(
  { tensors, metadata }: { tensors: StoredTensors; metadata: Readonly<Record<string, string>> },
  read: (stored: StoredTensor) => Promise<ArrayLike<number>>,
): Promise<number> {
  const stored = tensors.get("global_step");
  return stored === undefined ? Number(metadata.global_step) : (await read(stored))[0];
}

/** norm1.bias of the last transformer of the up path: output_blocks.11.1 in the original names. */
function lastNormBias(unet: StoredTensors): StoredTensor | undefined {
  const names = [...unet.keys()].filter((name) =>
    /^up_blocks\.\d+\.attentions\.\d+\.transformer_blocks\.0\.norm1\.bias$/.test(name),
  );
  const last = names.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  return last === undefined ? undefined : unet.get(last);
}

function standardDeviation(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i] - mean) ** 2;
  return Math.sqrt(squares / values.length);
}

/** Width of the text that the UNet attends to; names may be of either kind. */
function textWidth(unet: StoredTensors): number | undefined {
  return find(unet, ".attn2.to_k.weight")?.dims[1];
}

function find(tensors: StoredTensors, ending: string): StoredTensor | undefined {
  for (const [name, stored] of tensors) if (name.endsWith(ending)) return stored;
  return undefined;
}
