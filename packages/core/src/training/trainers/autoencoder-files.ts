// A trained autoencoder, of either kind: its files, pictures to latents, latents to pictures.

import { describeAutoencoder } from "../../checkpoints/autoencoder-classes.ts";
import type { AutoencoderDescription } from "../../checkpoints/autoencoder-classes.ts";
import type { NetworkFiles } from "../../checkpoints/checkpoint.ts";
import { readVae } from "../../checkpoints/vae-override.ts";
import type { Graph } from "../../graph/graph.ts";
import type { PublishedConfig } from "../../models/config.ts";
import type { Engine } from "../../runtime/engine.ts";
import type { StoredTensors } from "../../tensor/stored.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** An autoencoder's files and sizes. */
export interface AutoencoderFiles extends Omit<AutoencoderDescription, "encoder" | "decoder"> {
  readonly path: string;
  readonly className: string;
  readonly published: PublishedConfig;
  readonly tensors: StoredTensors;
  /** Input `image`; outputs `mean` and, where latents are drawn, `logVariance`. */
  readonly encoder: Graph;
  /** Input `latents`; output `image`. */
  readonly decoder: Graph;
}

/** The autoencoder in the folder `path`, or in its folder `vae`. Throws Error when there is none, or one of an unknown class. */
export async function readAutoencoder(path: string): Promise<AutoencoderFiles> {
  const { network } = await readVae(path, { family: "sd1" });
  return autoencoderOf(network, path);
}

/** The autoencoder that `network` of the checkpoint `path` is. Throws Error when it is of an unknown class. */
export function autoencoderOf(
  network: Pick<NetworkFiles, "className" | "config" | "tensors">,
  path: string,
): AutoencoderFiles {
  const { className, config: published, tensors } = network;
  const { encoder, decoder, ...sizes } = describeAutoencoder(path, network);
  return { path, className, published, tensors, ...sizes, encoder: encoder(), decoder: decoder() };
}

/** Latents as they are distributed: VQ's are certain. */
export interface Moments {
  readonly mean: Tensor;
  readonly logVariance?: Tensor;
}

/** Pictures [N,C,H,W] to latents z, before scaling; call `close` when done. */
export async function openEncoder(
  engine: Engine,
  { encoder, tensors, path }: AutoencoderFiles,
): Promise<{ encode(pictures: Tensor): Promise<Moments>; close(): Promise<void> }> {
  const network = await engine.load(encoder, tensors, { source: path });
  return {
    async encode(image) {
      const { mean, latents, logVariance } = await network.run({ image });
      return { mean: mean ?? latents, logVariance };
    },
    close: () => network.unload(),
  };
}

/** Latents z [N,z,h,w], unscaled, to pictures; the network is loaded for this alone. */
export async function decodeAll(engine: Engine, files: AutoencoderFiles, latents: Tensor): Promise<Tensor> {
  const network = await engine.load(files.decoder, files.tensors, { source: files.path });
  try {
    return (await network.run({ latents }, { outputs: ["image"] })).image;
  } finally {
    await network.unload();
  }
}
