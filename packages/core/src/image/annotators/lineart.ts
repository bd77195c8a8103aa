// Line art without a network, ControlNet's lineart_standard: how much darker than its surroundings a place is, with the
// contrast of its own lines.

import { gaussianBlur, opencvRadius } from "../gaussian.ts";
import type { Image } from "../image.ts";
import { imageFromMask } from "../mask.ts";

/** Light lines on black, where `image` is darker in all three colours than blurred by `sigma`: lines of median strength become grey 127. */
export function lineart(image: Image, { sigma }: { readonly sigma: number }): Image {
  const { width, height, channels, data } = image;
  const around = gaussianBlur(image, { sigma, radius: opencvRadius(sigma, "floats") });
  const darker = new Float32Array(width * height);
  for (let i = 0; i < darker.length; i++) {
    const at = i * channels;
    darker[i] = Math.max(0, Math.min(...[at, at + 1, at + 2].map((j) => around[j] - data[j])));
  }
  // What is below 8 is the picture's grain; pictures without lines keep theirs below half of it.
  const strength = Math.max(16, median(darker.filter((value) => value > 8)));
  return imageFromMask({
    width,
    height,
    data: Uint8Array.from(darker, (value) => Math.min(255, (127 * value) / strength)),
  });
}

/** The middle value, the mean of both where there are two; 0 of none. */
function median(values: Float32Array): number {
  const { length } = values.sort();
  return length === 0 ? 0 : (values[(length - 1) >> 1] + values[length >> 1]) / 2;
}
