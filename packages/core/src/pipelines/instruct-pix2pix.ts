// Editing a picture by instruction (InstructPix2Pix, arXiv 2211.09800, §3.2): the UNet takes the picture's latents behind the
// noisy ones, and starts from noise.

import type { Image } from "../image/image.ts";
import { tensorFromImage } from "../image/pixels.ts";
import { tensor } from "../tensor/tensor.ts";
import type { StartContext, Starts } from "./initial-latents.ts";
import type { Conditions } from "./guided-network.ts";
import { pictureChannels } from "./picture-channels.ts";

/** Starts from noise, with the latents of `image` beside it: the middle of their distribution, and not in the scale of the noisy ones. */
export async function startsToEdit(image: Image, { networks, signal }: StartContext): Promise<Starts> {
  const channels = pictureChannels(networks);
  const encoder = await networks.get("encoder", signal);
  const { mean } = await encoder.run({ image: tensorFromImage(image, channels) }, { outputs: ["mean"], signal });
  return ({ noise }) => ({ start: { kind: "noise", noise: noise() }, extraChannels: mean });
}

/** The three conditions of its guidance: both, the picture alone, and neither, where zeros stand for the picture. */
export function editConditions({ cond, uncond, ...others }: Conditions, latentDims: readonly number[]): Conditions {
  return {
    ...others,
    cond,
    ...(uncond && { picture: uncond, uncond: { ...uncond, extraChannels: tensor(latentDims) } }),
  };
}
