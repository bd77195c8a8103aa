// The tiny autoencoder (TAESD) that shows latents as pictures while they are denoised.

import { joinPath, pathExists, readText } from "#platform";
import type { NetworkFiles } from "../checkpoints/checkpoint.ts";
import { readWeights } from "../checkpoints/weights-file.ts";
import type { PublishedConfig } from "../models/config.ts";
import { parsePythonJson } from "../util/python-json.ts";

/** The tiny autoencoder in `folder`, in diffusers layout. Throws Error when there is none. */
export async function readPreviewDecoder(folder: string): Promise<NetworkFiles> {
  const configPath = joinPath(folder, "config.json");
  if (!(await pathExists(configPath)))
    throw new Error(`Cannot open preview decoder "${folder}": no config.json (a folder in diffusers layout is wanted)`);
  const config = parsePythonJson(await readText(configPath)) as PublishedConfig;
  if (config._class_name !== "AutoencoderTiny")
    throw new Error(
      `Cannot open preview decoder "${folder}": it is ${JSON.stringify(config._class_name)} ("AutoencoderTiny" is wanted)`,
    );
  const { tensors } = await readWeights(joinPath(folder, "diffusion_pytorch_model.safetensors"));
  return { className: "AutoencoderTiny", config, tensors, unused: [] };
}
