// The autoencoders whose latents diffusion learns here, by diffusers' class: their sizes and both halves.

import type { Graph } from "../graph/graph.ts";
import { autoencoderKlConfig, decoderGraph, encoderGraph } from "../models/autoencoder-kl.ts";
import type { PublishedConfig } from "../models/config.ts";
import { vqAutoencoderConfig, vqDecoderGraph, vqEncoderGraph } from "../models/vq-autoencoder.ts";

/** What the config of an autoencoder says. */
export interface AutoencoderDescription {
  readonly imageChannels: 1 | 3 | 4;
  readonly latentChannels: number;
  /** Pixels per latent along one side. */
  readonly factor: number;
  /** Latents that diffusion learns = (z − shift)·scaling. */
  readonly scaling: number;
  readonly shift: number;
  /** Input `image`; outputs `mean` and, where latents are drawn, `logVariance`, or `latents`. */
  encoder(): Graph;
  /** Input `latents`, z; output `image`. */
  decoder(): Graph;
}

/** The autoencoder of the model or folder `path`, of the class `className`. Throws Error when the class is none of these. */
export function describeAutoencoder(
  path: string,
  { className, config }: { readonly className: string; readonly config: PublishedConfig },
): AutoencoderDescription {
  if (!Object.hasOwn(classes, className))
    throw new Error(
      `Cannot open "${path}": its autoencoder is a ${className} (${Object.keys(classes).join(" or ")} is wanted)`,
    );
  return classes[className](config);
}

const classes: Readonly<Record<string, (published: PublishedConfig) => AutoencoderDescription>> = {
  AutoencoderKL(published) {
    const config = autoencoderKlConfig(published);
    return {
      imageChannels: config.imageChannels as 1 | 3 | 4,
      latentChannels: config.latentChannels,
      factor: config.factor,
      scaling: config.scalingFactor,
      shift: config.shiftFactor,
      encoder: () => encoderGraph(config),
      decoder: () => decoderGraph(config),
    };
  },
  VQModel(published) {
    const config = vqAutoencoderConfig(published);
    return {
      imageChannels: config.imageChannels as 1 | 3 | 4,
      latentChannels: config.codeWidth,
      factor: config.factor,
      scaling: config.scalingFactor,
      shift: 0,
      encoder: () => vqEncoderGraph(config),
      decoder: () => vqDecoderGraph(config),
    };
  },
};
