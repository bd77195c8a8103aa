// The grid that A1111 makes of several pictures: a row for each batch.

import type { Image } from "@noisette/core";
import { withChannels } from "@noisette/core/image/channels";

/** The pictures in rows of `batchSize`, from the left, on black; cells have the first one's size, which all have. */
export function pictureGrid(images: readonly Image[], batchSize: number): Image {
  const [{ width, height, channels }] = images;
  const columns = Math.min(images.length, batchSize);
  const rows = Math.ceil(images.length / columns);
  const stride = columns * width * channels;
  const data = new Uint8Array(rows * height * stride);
  for (const [i, image] of images.entries()) {
    const pixels = withChannels(image, channels).data;
    const start = Math.floor(i / columns) * height * stride + (i % columns) * width * channels;
    for (let y = 0; y < height; y++)
      data.set(pixels.subarray(y * width * channels, (y + 1) * width * channels), start + y * stride);
  }
  return { width: columns * width, height: rows * height, channels, data };
}
