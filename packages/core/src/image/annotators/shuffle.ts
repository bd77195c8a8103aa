// A picture's content in disorder, for ControlNet's shuffle model, which takes its colours and not its places: pixels come
// from where a smooth random field says. The field is drawn as numpy's RandomState(seed) draws it.

import { resized } from "../../tensor/resize.ts";
import { tensor } from "../../tensor/tensor.ts";
import { Mt19937 } from "../../util/rng/mt19937.ts";
import type { Image } from "../image.ts";

/** `image` with pixels taken from elsewhere in it; the field has one random number in every square of `scale` pixels. */
export function shuffle(image: Image, { seed, scale }: { readonly seed: number; readonly scale: number }): Image {
  const { width, height, channels, data } = image;
  const random = new Mt19937(seed);
  const [columns, rows] = [field(image, scale, random), field(image, scale, random)];
  const out = new Uint8Array(data.length);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [columns[i] * (width - 1), rows[i] * (height - 1)];
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [right, bottom] = [Math.min(left + 1, width - 1), Math.min(top + 1, height - 1)];
    for (let c = 0; c < channels; c++) {
      const value = (u: number, v: number) => data[(v * width + u) * channels + c];
      const upper = value(left, top) + (x - left) * (value(right, top) - value(left, top));
      const lower = value(left, bottom) + (x - left) * (value(right, bottom) - value(left, bottom));
      out[i * channels + c] = Math.round(upper + (y - top) * (lower - upper));
    }
  }
  return { ...image, data: out };
}

/** Noise from 0 to 1 for every pixel: random numbers on a grid of `scale` pixels, a cubic between them, cut from the middle. */
function field({ width, height }: Image, scale: number, random: Mt19937): Float32Array {
  const [columns, rows] = [Math.floor(width / scale) + 2, Math.floor(height / scale) + 2];
  const grid = Float32Array.from({ length: columns * rows }, () => uniform(random));
  const [wide, high] = [width + 2 * scale, height + 2 * scale];
  const smooth = resized(tensor([1, 1, rows, columns], grid), { height: high, width: wide, mode: "bicubic" }).data;
  const values = Float32Array.from(
    { length: width * height },
    (_, i) => smooth[(Math.floor(i / width) + scale) * wide + (i % width) + scale],
  );
  const bottom = values.reduce((a, b) => Math.min(a, b));
  const top = values.reduce((a, b) => Math.max(a, b));
  return values.map((value) => (top === bottom ? 0 : (value - bottom) / (top - bottom)));
}

/** The next double in [0, 1), of 53 bits out of two words. */
const uniform = (random: Mt19937): number => ((random.next() >>> 5) * 2 ** 26 + (random.next() >>> 6)) / 2 ** 53;
