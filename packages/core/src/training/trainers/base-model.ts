// The model that is taught something: its networks as one set of parameters, its texts, its noise.

import type { Checkpoint, NetworkSlot } from "../../checkpoints/checkpoint.ts";
import { componentFolders } from "../../checkpoints/folder-description.ts";
import { resolveModel } from "../../checkpoints/hub.ts";
import { openCheckpoint } from "../../checkpoints/open.ts";
import { transposed } from "../../adapters/forms/product.ts";
import { alphasFromDiffusers } from "../../diffusion/from-diffusers.ts";
import { clipTextConfig } from "../../models/clip-text.ts";
import type { ClipTextConfig } from "../../models/clip-text.ts";
import type { UNetConfig } from "../../models/unet.ts";
import { unetConfig } from "../../models/unet-config.ts";
import { readTensors } from "../../safetensors/read-tensor.ts";
import type { StoredTensor, StoredTensors } from "../../tensor/stored.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { ClipTokenizer } from "../../tokenizers/clip.ts";
import { openTokenizer } from "../../tokenizers/open.ts";
import type { AutoencoderFiles } from "./autoencoder-files.ts";
import { autoencoderOf } from "./autoencoder-files.ts";

/** A text encoder of a model. */
export interface BaseEncoder {
  readonly part: "textEncoder" | "textEncoder2";
  /** What its parameters' names begin with: "text_encoder". */
  readonly prefix: string;
  readonly config: ClipTextConfig;
  readonly tokenizer: ClipTokenizer;
}

/** A model to teach. */
export interface BaseModel {
  readonly path: string;
  readonly checkpoint: Checkpoint;
  readonly unet: UNetConfig;
  /** One, or SDXL's two. */
  readonly encoders: readonly BaseEncoder[];
  readonly autoencoder: AutoencoderFiles;
  /** ᾱ by timestep. */
  readonly alphaBar: Float32Array;
  /** Of the UNet and the text encoders, "unet.conv_in.weight" and so on: diffusers' folders before their names. */
  readonly tensors: StoredTensors;
}

/** Opens the model that a recipe names. Throws Error when it makes pictures of something else than texts. */
export async function openBaseModel(idOrPath: string, { signal }: { signal?: AbortSignal } = {}): Promise<BaseModel> {
  const path = await resolveModel(idOrPath, { signal });
  const checkpoint = await openCheckpoint(path);
  const { networks, tokenizers, task } = checkpoint;
  if (task !== "text-to-image")
    throw new Error(`Cannot teach "${path}": it is for ${task} (a text-to-image model is wanted)`);
  const encoders: BaseEncoder[] = [];
  for (const [part, files] of [
    ["textEncoder", tokenizers.tokenizer],
    ["textEncoder2", tokenizers.tokenizer2],
  ] as const) {
    const network = networks[part];
    if (network === undefined) continue;
    if (files === undefined) throw new Error(`Cannot teach "${path}": its ${part} has no tokenizer`);
    const withProjection = network.className === "CLIPTextModelWithProjection";
    encoders.push({
      part,
      prefix: componentFolders[part],
      config: clipTextConfig(network.config, { withProjection }),
      tokenizer: await openTokenizer(files),
    });
  }
  if (encoders.length === 0) throw new Error(`Cannot teach "${path}": it has no text encoder`);
  const taught: NetworkSlot[] = ["unet", ...encoders.map(({ part }) => part)];
  return {
    path,
    checkpoint,
    unet: unetConfig(networks.unet.config),
    encoders,
    autoencoder: autoencoderOf(networks.vae, path),
    alphaBar: alphasFromDiffusers(checkpoint.scheduler),
    tensors: new Map(
      taught.flatMap((slot) =>
        Array.from(networks[slot]!.tensors, ([name, stored]) => [`${componentFolders[slot]}.${name}`, stored] as const),
      ),
    ),
  };
}

/** The values of stored tensors, those that are stored transposed as they are meant. */
export async function readValues(tensors: Iterable<readonly [string, StoredTensor]>): Promise<Map<string, Tensor>> {
  const stored = new Map(tensors);
  const values = await readTensors(stored);
  return new Map(
    Array.from(values, ([name, value]) => {
      if (!stored.get(name)!.transposed) return [name, value];
      const [rows, columns] = value.dims;
      return [name, tensor([columns, rows], transposed(value.data, rows, columns))];
    }),
  );
}
