// Pictures as trainers see them: any size and number of channels to tensors in [-1,1], and back.

import type { Size } from "../data/aspect-buckets.ts";
import { fittedArea, partOfImage } from "../image/compose.ts";
import type { Fit } from "../image/compose.ts";
import type { Image } from "../image/image.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";

/** What transparent pixels lie on, 0 … 255 for each colour. */
export type Ground = readonly [red: number, green: number, blue: number];

/** White, on which stickers are usually seen. */
export const white: Ground = [255, 255, 255];

/** `image` in another shape; the same one when it has that shape already. */
export function fittedPicture(image: Image, { width, height }: Size, fit: Fit): Image {
  if (image.width === width && image.height === height) return image;
  return partOfImage(image, fittedArea(image, { width, height }, fit), { width, height });
}

/** `image` seen in a mirror. */
export function mirrored({ width, height, channels, data }: Image): Image {
  const out = new Uint8Array(data.length);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const x = pixel % width;
    const from = (pixel - x + (width - 1 - x)) * channels;
    for (let c = 0; c < channels; c++) out[pixel * channels + c] = data[from + c];
  }
  return { width, height, channels, data: out };
}

/**
 * Pictures of one size → [N,channels,H,W] in [-1,1]. With 4 channels alpha is straight (1 where all is seen) and the colours of what
 * is not seen are 0; with 3 and 1 transparent pixels show their ground (white, or one for each picture), and 1 is Rec. 601 luma.
 */
export function pictureTensor(
  images: readonly Image[],
  { channels, grounds }: { channels: 1 | 3 | 4; grounds?: readonly Ground[] },
): Tensor {
  if (images.length === 0) throw new RangeError("Cannot make a tensor of no pictures");
  const [{ width, height }] = images;
  const plane = width * height;
  const dims = [images.length, channels, height, width];
  const values = new Float32Array(elementCount(dims));
  images.forEach((image, n) => {
    if (image.width !== width || image.height !== height)
      throw new RangeError(
        `Cannot make one tensor of pictures: ${image.width}×${image.height} beside ${width}×${height} (one size is wanted)`,
      );
    const planes = values.subarray(n * channels * plane, (n + 1) * channels * plane);
    if (channels === 4) writeStraight(planes, image);
    else {
      const colours = channels === 3 ? planes : new Float32Array(3 * plane);
      writeSeen(colours, image, grounds?.[n] ?? white);
      if (channels === 1) writeLuma(planes, colours);
    }
  });
  return tensor(dims, values);
}

/** Colours where there is anything, and alpha → [4,H,W]. */
function writeStraight(planes: Float32Array, { width, height, channels: stride, data }: Image): void {
  const plane = width * height;
  for (let i = 0; i < plane; i++) {
    const alpha = stride === 4 ? data[4 * i + 3] : 255;
    for (let c = 0; c < 3; c++) planes[c * plane + i] = alpha === 0 ? 0 : data[i * stride + c] / 127.5 - 1;
    planes[3 * plane + i] = alpha / 127.5 - 1;
  }
}

/** Colours over `ground` → [3,H,W]. */
function writeSeen(planes: Float32Array, { width, height, channels: stride, data }: Image, ground: Ground): void {
  const plane = width * height;
  for (let c = 0; c < 3; c++) {
    const below = ground[c];
    for (let i = 0; i < plane; i++) {
      const alpha = stride === 4 ? data[4 * i + 3] : 255;
      planes[c * plane + i] = (alpha * data[i * stride + c] + (255 - alpha) * below) / 255 / 127.5 - 1;
    }
  }
}

/** Colours [3,H,W] → Rec. 601 luma [1,H,W]. */
function writeLuma(luma: Float32Array, colours: Float32Array): void {
  const plane = luma.length;
  for (let i = 0; i < plane; i++)
    luma[i] = 0.299 * colours[i] + 0.587 * colours[plane + i] + 0.114 * colours[2 * plane + i];
}

/** x [N,1,3 or 4,H,W] in [-1,1] → N pictures; grey ones of 3 channels. Values outside are limited, NaN becomes 0. */
export function picturesFromTensor(x: Tensor): Image[] {
  const [count, channels, height, width] = x.dims;
  const plane = height * width;
  const outputs = channels === 4 ? 4 : 3;
  return Array.from({ length: count }, (_, n) => {
    const data = new Uint8ClampedArray(outputs * plane);
    for (let i = 0; i < plane; i++) {
      for (let c = 0; c < outputs; c++) {
        data[i * outputs + c] = (x.data[(n * channels + (channels === 1 ? 0 : c)) * plane + i] + 1) * 127.5;
      }
    }
    return { width, height, channels: outputs, data: new Uint8Array(data.buffer) };
  });
}

/** Pictures in rows of `columns`, with a gap that is transparent where there is room for it: PNG of 4 channels. */
export function pictureGrid(images: readonly Image[], columns: number, gap = 2): Image {
  const cell = {
    width: Math.max(...images.map(({ width }) => width)),
    height: Math.max(...images.map(({ height }) => height)),
  };
  const rows = Math.ceil(images.length / columns);
  const width = Math.min(columns, images.length) * (cell.width + gap) - gap;
  const height = rows * (cell.height + gap) - gap;
  const data = new Uint8Array(4 * width * height);
  images.forEach((image, n) => {
    const [left, top] = [(n % columns) * (cell.width + gap), Math.floor(n / columns) * (cell.height + gap)];
    for (let y = 0; y < image.height; y++) {
      for (let x = 0; x < image.width; x++) {
        const from = (y * image.width + x) * image.channels;
        const to = 4 * ((top + y) * width + left + x);
        for (let c = 0; c < 3; c++) data[to + c] = image.data[from + c];
        data[to + 3] = image.channels === 4 ? image.data[from + 3] : 255;
      }
    }
  });
  return { width, height, channels: 4, data };
}
