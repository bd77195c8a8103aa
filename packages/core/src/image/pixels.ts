// Pictures of bytes and the tensors the networks see, [N,3,H,W] in [-1,1], with the rounding of diffusers: float32
// throughout, and half to even.

import type { Tensor } from "../tensor/tensor.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import type { Image } from "./image.ts";

/** x [N,3,H,W] → N pictures. Values outside [-1,1] are limited to it, NaN becomes 0. */
export function imagesFromTensor(x: Tensor): Image[] {
  const [count, channels, height, width] = x.dims;
  if (x.dims.length !== 4 || channels !== 3)
    throw new RangeError(`Cannot make pictures of [${x.dims}]: [N,3,H,W] is wanted`);
  const plane = height * width;
  return Array.from({ length: count }, (_, n) => {
    // Storing into a clamped array limits to [0,255] and rounds half to even.
    const data = new Uint8ClampedArray(3 * plane);
    for (let c = 0; c < 3; c++) {
      const from = (3 * n + c) * plane;
      for (let i = 0; i < plane; i++) {
        data[3 * i + c] = Math.fround(Math.fround(x.data[from + i] * 0.5 + 0.5) * 255);
      }
    }
    return { width, height, channels: 3, data: new Uint8Array(data.buffer) };
  });
}

// v = 2·(byte/255) − 1, each step rounded to float32.
const values = Float32Array.from({ length: 256 }, (_, byte) => 2 * Math.fround(byte / 255) - 1);

/** Pictures of one size → [N,3,H,W] in [-1,1]. Alpha is left aside. */
export function tensorFromImages(images: readonly Image[]): Tensor {
  if (images.length === 0) throw new RangeError("Cannot make a tensor of no pictures");
  const [{ width, height }] = images;
  const dims = [images.length, 3, height, width];
  const data = new Float32Array(elementCount(dims));
  images.forEach((image, n) => {
    if (image.width !== width || image.height !== height) {
      throw new RangeError(
        `Cannot make one tensor of pictures: ${image.width}×${image.height} beside ${width}×${height} (one size is wanted)`,
      );
    }
    const plane = width * height;
    for (let c = 0; c < 3; c++) {
      const to = (3 * n + c) * plane;
      for (let i = 0; i < plane; i++) data[to + i] = values[image.data[i * image.channels + c]];
    }
  });
  return tensor(dims, data);
}

/** One picture → [1,3,H,W] in [-1,1]. */
export function tensorFromImage(image: Image): Tensor {
  return tensorFromImages([image]);
}
