// Pictures with and without transparency.

import type { Image } from "./image.ts";

/** `image` with as many channels: alpha is left aside, as Pillow's convert("RGB") does it, or all is seen. */
export function withChannels(image: Image, channels: 3 | 4): Image {
  if (image.channels === channels) return image;
  const { width, height, data } = image;
  const out = new Uint8Array(width * height * channels).fill(255);
  for (let from = 0, to = 0; to < out.length; from += image.channels, to += channels) {
    for (let c = 0; c < 3; c++) out[to + c] = data[from + c];
  }
  return { width, height, channels, data: out };
}
