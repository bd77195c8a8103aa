// The mask as latents see it, and what an inpainting UNet takes behind the noisy latents: the mask, and the latents of the
// picture with a grey hole.

import type { Mask } from "../image/mask.ts";
import { resizePixels } from "../image/resize.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Networks } from "./networks.ts";

/** Whether the UNet takes a mask and a masked picture. Throws Error when it takes channels of another kind. */
export function isInpaintingModel({ configs }: Networks, [, channels]: readonly number[]): boolean {
  const { inChannels } = configs.unet;
  const known = { plain: channels, depth: channels + 1, inpainting: 2 * channels + 1 };
  if (!Object.values(known).includes(inChannels)) {
    throw new Error(
      `Cannot generate from text: the UNet takes ${inChannels} channels (${channels}, or ${known.inpainting} of an inpainting model, are wanted)`,
    );
  }
  return inChannels === known.inpainting;
}

/** What an inpainting UNet takes for text to image: a mask of ones and a grey picture under it, as A1111 has it; undefined for others. */
export async function inpaintEverything(
  networks: Networks,
  latentDims: readonly number[],
  signal: AbortSignal,
): Promise<Tensor | undefined> {
  if (!isInpaintingModel(networks, latentDims)) return undefined;
  const { configs, get } = networks;
  const { factor, imageChannels, shiftFactor, scalingFactor } = configs.vae;
  const [, , height, width] = latentDims;
  const grey = tensor([1, imageChannels, height * factor, width * factor]);
  const { mean } = await (await get("encoder", signal)).run({ image: grey }, { outputs: ["mean"], signal });
  const latents = mean.data.map((value) => (value - shiftFactor) * scalingFactor);
  return channelsOf(new Float32Array(height * width).fill(1), tensor(latentDims, latents));
}

/** [mask, latents of the masked picture] as channels [1,1+C,h,w]. */
export function channelsOf(mask: Float32Array, { dims: [, channels, height, width], data }: Tensor): Tensor {
  const joined = tensor([1, channels + 1, height, width]);
  joined.data.set(mask);
  joined.data.set(data, mask.length);
  return joined;
}

/**
 * `mask` at the latents' places [h,w]: 1 paints, 0 keeps, as diffusers has it (half and more is 1; the upper left pixel counts
 * for a place); `soft` is the mean over each place instead. Throws RangeError when nothing is left to paint.
 */
export function latentMask(mask: Mask, [, , h, w]: readonly number[], { soft }: { soft: boolean }): Float32Array {
  const { width, height, data } = mask;
  const places = soft
    ? Float32Array.from(
        resizePixels({ ...mask, channels: 1 }, { width: w, height: h, filter: "box" }),
        (value) => value / 255,
      )
    : Float32Array.from({ length: h * w }, (_, i) => {
        const [y, x] = [Math.floor((Math.floor(i / w) * height) / h), Math.floor(((i % w) * width) / w)];
        return isPainted(data[y * width + x]) ? 1 : 0;
      });
  if (places.every((value) => value === 0)) {
    throw new RangeError(
      `Cannot paint: the mask covers no latent, which stand for ${width / w}×${height / h} pixels each (a larger mask, maskGrow, or maskArea masked is wanted)`,
    );
  }
  return places;
}

const isPainted = (value: number): boolean => value / 255 >= 0.5;

/** A picture [1,C,H,W] with 0, a grey, where `mask` is half and more. */
export function maskedPicture(picture: Tensor, { data }: Mask): Tensor {
  return tensor(
    picture.dims,
    picture.data.map((value, i) => (isPainted(data[i % data.length]) ? 0 : value)),
  );
}
