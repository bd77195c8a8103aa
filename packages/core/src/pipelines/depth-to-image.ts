// Depth to image: the UNet takes a depth map behind the noisy latents (stabilityai/stable-diffusion-2-depth, diffusers'
// StableDiffusionDepth2ImgPipeline). The map is given as a picture, light is near; no network here estimates it.

import type { Image } from "../image/image.ts";
import { resized } from "../tensor/resize.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Starts } from "./initial-latents.ts";

/** `starts` with `depth` behind the latents. */
export const withDepth =
  (starts: Starts, depth: Tensor): Starts =>
  (draws) => ({ ...starts(draws), extraChannels: depth });

/** A picture's lightness as the UNet takes depth: [1,1,h,w] of latents [1,C,h,w], stretched to [-1,1]. Throws RangeError when it is all alike. */
export function depthChannel({ width, height, channels, data }: Image, [, , h, w]: readonly number[]): Tensor {
  // Pillow's "L": ITU-R 601.
  const light = Float32Array.from(
    { length: width * height },
    (_, i) => 0.299 * data[i * channels] + 0.587 * data[i * channels + 1] + 0.114 * data[i * channels + 2],
  );
  const small = resized(tensor([1, 1, height, width], light), { height: h, width: w, mode: "bicubic" });
  const lowest = small.data.reduce((a, b) => Math.min(a, b));
  const highest = small.data.reduce((a, b) => Math.max(a, b));
  if (lowest === highest)
    throw new RangeError(
      "Cannot use the depth picture: it is one shade all over (light for near, dark for far is wanted)",
    );
  return tensor(
    small.dims,
    small.data.map((value) => (2 * (value - lowest)) / (highest - lowest) - 1),
  );
}
