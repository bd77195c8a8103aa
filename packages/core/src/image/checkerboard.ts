// How transparency is shown where there is none: on a light checkerboard, as picture editors do it.

import type { Image } from "./image.ts";

const square = 8;
const shades = [255, 236];

/** `image` in three channels, what shines through it as light squares. Opaque pictures stay as they are. */
export function onCheckerboard(image: Image): Image {
  const { width, height, channels, data } = image;
  if (channels === 3) return image;
  const out = new Uint8ClampedArray(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const shade = shades[(Math.floor(x / square) + Math.floor(y / square)) % 2];
      const alpha = data[4 * i + 3] / 255;
      for (let c = 0; c < 3; c++) out[3 * i + c] = alpha * data[4 * i + c] + (1 - alpha) * shade;
    }
  }
  return { width, height, channels: 3, data: new Uint8Array(out.buffer) };
}
