// A picture with transparency as it is seen on a plain ground.

import type { Image } from "./image.ts";

/** `image` on `ground` (white), without transparency; the same image where it has none. */
export function overGround(
  image: Image,
  ground: readonly [red: number, green: number, blue: number] = [255, 255, 255],
): Image {
  if (image.channels === 3) return image;
  const { width, height, data } = image;
  const out = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) {
    const alpha = data[4 * i + 3];
    for (let c = 0; c < 3; c++)
      out[3 * i + c] = Math.round((data[4 * i + c] * alpha + ground[c] * (255 - alpha)) / 255);
  }
  return { width, height, channels: 3, data: out };
}
