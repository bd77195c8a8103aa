// An autoencoder that a run goes on from, whole or with an encoder that stays: latents that diffusion models have learnt keep their
// meaning then, and only what they are painted as gets better (as Stability's sd-vae-ft-mse was made).

import { readTensors } from "../../safetensors/read-tensor.ts";
import type { StoredTensors } from "../../tensor/stored.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { PublishedConfig } from "../../models/config.ts";
import type { AutoencoderRecipe } from "../recipe/autoencoder.ts";
import { readAutoencoder } from "./autoencoder-files.ts";
import { checkSameSizes } from "./same-sizes.ts";

/** What a run begins with, by parameter name. */
export interface BegunAutoencoder {
  readonly initial: ReadonlyMap<string, Tensor>;
  /** The encoder, where it stays. */
  readonly frozen: StoredTensors;
  readonly source: string;
  /** Latents keep their scale where the encoder stays. */
  readonly scaling: number | undefined;
}

/** What decides how latents are made. */
const isOfEncoder = (name: string) => /^(encoder|quant_conv|quantize)\./.test(name);
const sizes = [
  "_class_name",
  "block_out_channels",
  "latent_channels",
  "layers_per_block",
  "norm_num_groups",
  "in_channels",
];

/** Reads the autoencoder that `finetune` names. Throws Error when it is not of the sizes that `published` has. */
export async function begunAutoencoder(
  { path, learns }: NonNullable<AutoencoderRecipe["finetune"]>,
  published: PublishedConfig,
): Promise<BegunAutoencoder> {
  const files = await readAutoencoder(path);
  checkSameSizes(`autoencoder "${path}"`, files.published, published, sizes);
  const stays = (name: string) => learns === "decoder" && isOfEncoder(name);
  const named = [...files.tensors].map(([name, stored]) => [`autoencoder.${name}`, stored, stays(name)] as const);
  return {
    initial: await readTensors(named.flatMap(([name, stored, stayed]) => (stayed ? [] : [[name, stored]]))),
    frozen: new Map(named.flatMap(([name, stored, stayed]) => (stayed ? [[name, stored]] : []))),
    source: path,
    scaling: learns === "decoder" ? files.scaling : undefined,
  };
}
