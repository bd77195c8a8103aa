// A drawing as the set keeps it: RGBA, a small square, colours not premultiplied.

import { decodeImage, resizeBitmap } from "#platform";
import type { Image } from "../../image/image.ts";
import type { Thumbnail } from "../near-duplicates.ts";

/** Side of the set's pictures in pixels. */
export const stickerSize = 64;

/** The drawing in the bytes of an SVG or picture file as RGBA [64·64·4]; pixels with no alpha are black. */
export async function renderSticker(bytes: Uint8Array): Promise<Uint8Array> {
  const picture = withAlpha(await decodeImage(bytes));
  const { data } = await resizeBitmap(picture, { width: stickerSize, height: stickerSize });
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 0) data.fill(0, i, i + 3);
  return data;
}

/** A sticker on white, as a thumbnail of half its side: what near-duplicates and blanks are judged by. */
export function thumbnailOnWhite(rgba: Uint8Array): Thumbnail {
  const side = stickerSize / 2;
  const thumbnail = new Float32Array(side * side * 3);
  for (let y = 0; y < stickerSize; y++) {
    for (let x = 0; x < stickerSize; x++) {
      const from = (y * stickerSize + x) * 4;
      const alpha = rgba[from + 3] / 255;
      const to = ((y >> 1) * side + (x >> 1)) * 3;
      for (let c = 0; c < 3; c++) thumbnail[to + c] += ((rgba[from + c] / 255) * alpha + 1 - alpha) / 4;
    }
  }
  return thumbnail;
}

function withAlpha(image: Image): Image {
  if (image.channels === 4) return image;
  const data = new Uint8Array(image.width * image.height * 4).fill(255);
  for (let i = 0; i < image.width * image.height; i++)
    for (let c = 0; c < 3; c++) data[4 * i + c] = image.data[3 * i + c];
  return { ...image, channels: 4, data };
}
