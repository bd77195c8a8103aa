// Pictures as the Inception network of Fréchet distance sees them: 299 × 299, enlarged or reduced bilinearly without
// antialiasing. Programs differ in where they put the pixels, so figures of both are not comparable.

import { resized } from "../tensor/resize.ts";
import type { TensorResizeMode } from "../tensor/resize.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Image } from "./image.ts";

/** pytorch-fid's way, and torch-fidelity's, which is TensorFlow's own: byte → value, and how sizes change. */
const inceptionInputs = {
  "pytorch-fid": { value: (byte) => (2 * byte) / 255 - 1, mode: "bilinear" },
  "torch-fidelity": { value: (byte) => (byte - 128) / 128, mode: "bilinear-tensorflow1" },
} satisfies Record<string, { value: (byte: number) => number; mode: TensorResizeMode }>;

/** One of them. */
export type InceptionInput = keyof typeof inceptionInputs;

/** Pictures of any sizes → [N,3,299,299], in [-1,1]. Alpha is left aside. */
export function inceptionPixels(images: readonly Image[], as: InceptionInput): Tensor {
  const side = 299;
  const { value, mode } = inceptionInputs[as];
  const pixels = tensor([images.length, 3, side, side]);
  images.forEach(({ width, height, channels, data }, n) => {
    const planes = tensor([1, 3, height, width]);
    for (let i = 0; i < planes.data.length; i++) {
      const [channel, place] = [Math.floor(i / (width * height)), i % (width * height)];
      planes.data[i] = value(data[place * channels + channel]);
    }
    pixels.data.set(resized(planes, { height: side, width: side, mode }).data, n * 3 * side * side);
  });
  return pixels;
}
