// Pictures as prompts in a run: encoded once, and fed to the UNet beside the text at each step.

import { clipPixels } from "../image/clip-pixels.ts";
import { overGround } from "../image/over-ground.ts";
import { clipVisionGraph } from "../models/clip-vision.ts";
import { ipAdapterGraph } from "../models/ip-adapter.ts";
import type { UNetTracing } from "../models/unet-tracing.ts";
import { stack } from "../tensor/batch.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Companions } from "./companions.ts";
import { actsAt } from "./control-modes.ts";
import type { IpAdapterOption } from "./ip-adapter-options.ts";
import type { OpenIpAdapter } from "./open-ip-adapters.ts";

/** What one IP-Adapter makes of its pictures: keys and values [1,T,W] for all layers. */
export interface EncodedPictures {
  readonly option: IpAdapterOption;
  readonly positive: Tensor;
  /** Of no picture; absent where nothing stands for what is not wanted. */
  readonly negative?: Tensor;
}

/** The picture prompts of one pass. */
export interface PicturePrompts {
  readonly tracing: Pick<UNetTracing, "picturePrompts">;
  /** What the UNet, traced so, is fed besides, for a batch of which some rows stand for what is not wanted. */
  feeds(at: { readonly timestep: number; readonly negative: readonly boolean[] }): Record<string, Tensor>;
}

/** Encodes the pictures of `adapters`; the networks for that stay among the companions. */
export async function encodePictures(
  adapters: readonly OpenIpAdapter[],
  { companions, needsNegative, signal }: { companions: Companions; needsNegative: boolean; signal?: AbortSignal },
): Promise<readonly EncodedPictures[]> {
  const encoded: EncodedPictures[] = [];
  for (const { option, images, config, tensors, encoder } of adapters) {
    const { imageSize, layers } = encoder.config;
    const key = (path: string) => JSON.stringify(["ip-adapter", path]);
    const tower = await companions.get(
      { ...encoder, key: key(encoder.path), graph: () => clipVisionGraph(encoder.config) },
      signal,
    );
    // The states before the last layer, as the adapters with more than one token of a picture were trained on.
    const output = config.projection.kind === "linear" ? "imageEmbeds" : `hidden.${layers - 1}`;
    const see = async (pixels: Tensor) => (await tower.run({ pixels }, { outputs: [output], signal }))[output];
    const pixels = clipPixels(
      images.map((image) => overGround(image)),
      imageSize,
      encoder.statistics,
    );
    const seen = await see(pixels);
    // Nothing is an embedding of zeros, or what the encoder makes of zeros.
    const nothing = async () => (config.projection.kind === "linear" ? tensor(seen.dims) : see(tensor(pixels.dims)));
    const unseen = needsNegative ? await nothing() : undefined;
    const adapter = await companions.get(
      { path: option.path, key: key(option.path), tensors, graph: () => ipAdapterGraph(config) },
      signal,
    );
    const states = async (image: Tensor) => (await adapter.run({ image }, { outputs: ["states"], signal })).states;
    encoded.push({ option, positive: await states(seen), ...(unseen && { negative: await states(unseen) }) });
  }
  return encoded;
}

/** `encoded` for a pass over `timesteps`; undefined where there are none. */
export function picturePrompts(
  encoded: readonly EncodedPictures[],
  timesteps: readonly number[],
): PicturePrompts | undefined {
  if (encoded.length === 0) return undefined;
  const active = encoded.map(({ option }) => actsAt(timesteps, option));
  return {
    tracing: { picturePrompts: encoded.length },
    feeds({ timestep, negative }) {
      const weights = encoded.map(({ option }, i) => (active[i](timestep) ? option.weight : 0));
      const states = encoded.map((own, i) => {
        const rows = negative.map((isNegative) => (isNegative ? own.negative! : own.positive));
        return [`imageStates.${i}`, stack(rows)] as const;
      });
      return { imageWeights: tensor([encoded.length], Float32Array.from(weights)), ...Object.fromEntries(states) };
    },
  };
}
