// Pictures as CLIP sees them (transformers' CLIPImageProcessor): the shorter side resized, the middle cut out,
// colours by the mean and deviation of its training pictures.

import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import { cropImage } from "./compose.ts";
import type { Image } from "./image.ts";
import { resizeImage } from "./resize.ts";

/** Of each colour, for values from 0 to 1. */
export interface PixelStatistics {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Those of the pictures that OpenAI's CLIP was trained on. */
const published: PixelStatistics = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  deviation: [0.26862954, 0.26130258, 0.27577711],
};

/** Pictures → [N,3,size,size]. Alpha is left aside. */
export function clipPixels(
  images: readonly Image[],
  size: number,
  { mean, deviation }: PixelStatistics = published,
): Tensor {
  const pixels = tensor([images.length, 3, size, size]);
  images.forEach((image, n) => {
    const { channels, data } = square(image, size);
    for (let c = 0; c < 3; c++) {
      for (let i = 0; i < size * size; i++) {
        pixels.data[(n * 3 + c) * size * size + i] = (data[i * channels + c] / 255 - mean[c]) / deviation[c];
      }
    }
  });
  return pixels;
}

/** Shorter side `size` by a bicubic filter, then the middle: the longer side is rounded down, as there. */
function square(image: Image, size: number): Image {
  const short = Math.min(image.width, image.height);
  const [width, height] = [image.width, image.height].map((side) => Math.floor((size * side) / short));
  const resized = resizeImage(image, { width, height, filter: "bicubic" });
  const [left, top] = [width - size, height - size].map((over) => Math.floor(over / 2));
  return cropImage(resized, { left, top, width: size, height: size });
}
