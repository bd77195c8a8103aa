// How many channels the pictures of a model have: its autoencoder's.

import type { Networks } from "./networks.ts";

/** 4 where the model makes transparency. Throws Error when its autoencoder is for pictures of another kind. */
export function pictureChannels({ configs }: Pick<Networks, "configs">): 3 | 4 {
  const { imageChannels } = configs.vae;
  if (imageChannels === 3 || imageChannels === 4) return imageChannels;
  throw new Error(`Cannot make pictures of ${imageChannels} channels: RGB or RGBA, 3 or 4, is wanted`);
}
