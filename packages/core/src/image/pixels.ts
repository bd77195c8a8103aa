// Pictures of bytes and the tensors the networks see, [N,3,H,W] in [-1,1], with the rounding of diffusers: float32
// throughout, and half to even. Networks that know transparency see a fourth channel, alpha, which is not premultiplied.

import type { Tensor } from "../tensor/tensor.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import { withChannels } from "./channels.ts";
import type { Image } from "./image.ts";

/** x [N,1, 3 or 4,H,W] → N pictures, grey ones of 3 channels. Values outside [-1,1] are limited to it, NaN becomes 0. */
export function imagesFromTensor(x: Tensor): Image[] {
  const [count, channels, height, width] = x.dims;
  if (x.dims.length !== 4 || (channels !== 1 && channels !== 3 && channels !== 4))
    throw new RangeError(`Cannot make pictures of [${x.dims}]: [N,1,H,W], [N,3,H,W] or [N,4,H,W] is wanted`);
  const plane = height * width;
  const shown = channels === 1 ? 3 : channels;
  return Array.from({ length: count }, (_, n) => {
    // Storing into a clamped array limits to [0,255] and rounds half to even.
    const data = new Uint8ClampedArray(shown * plane);
    for (let c = 0; c < shown; c++) {
      const from = (channels * n + (channels === 1 ? 0 : c)) * plane;
      for (let i = 0; i < plane; i++) {
        data[shown * i + c] = Math.fround(Math.fround(x.data[from + i] * 0.5 + 0.5) * 255);
      }
    }
    return { width, height, channels: shown, data: new Uint8Array(data.buffer) };
  });
}

// v = 2·(byte/255) − 1, each step rounded to float32.
const values = Float32Array.from({ length: 256 }, (_, byte) => 2 * Math.fround(byte / 255) - 1);

/**
 * Pictures of one size → [N,channels,H,W] in [-1,1]. With 3 channels alpha is left aside; with 4 it is 1 where there is none,
 * and the colours of what is not seen are 0, as autoencoders for transparent pictures learn it.
 */
export function tensorFromImages(images: readonly Image[], channels: 3 | 4 = 3): Tensor {
  if (images.length === 0) throw new RangeError("Cannot make a tensor of no pictures");
  const [{ width, height }] = images;
  const dims = [images.length, channels, height, width];
  const data = new Float32Array(elementCount(dims));
  images.forEach((image, n) => {
    if (image.width !== width || image.height !== height) {
      throw new RangeError(
        `Cannot make one tensor of pictures: ${image.width}×${image.height} beside ${width}×${height} (one size is wanted)`,
      );
    }
    const plane = width * height;
    const pixels = withChannels(image, channels).data;
    for (let c = 0; c < channels; c++) {
      const to = (channels * n + c) * plane;
      for (let i = 0; i < plane; i++) {
        const isSeen = channels === 3 || c === 3 || pixels[i * 4 + 3] > 0;
        data[to + i] = isSeen ? values[pixels[i * channels + c]] : 0;
      }
    }
  });
  return tensor(dims, data);
}

/** One picture → [1,channels,H,W] in [-1,1]. */
export function tensorFromImage(image: Image, channels: 3 | 4 = 3): Tensor {
  return tensorFromImages([image], channels);
}
