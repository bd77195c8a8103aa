// An edge map as somebody might have drawn it: its ridges as thick strokes. ControlNet's "fake scribble".

import { gaussianBlur, opencvRadius } from "../gaussian.ts";
import type { Values } from "../gaussian.ts";
import type { Image } from "../image.ts";
import { imageFromMask, maskFromImage } from "../mask.ts";

/** Steps along the row, the column, and both diagonals. */
const directions = [
  [1, 0],
  [0, 1],
  [1, 1],
  [1, -1],
] as const;

/**
 * White strokes on black along the ridges of `image`, light lines on dark: where, blurred by `sigma`, it is above `threshold`
 * and neither neighbour in one of four directions is larger. Strokes reach 2 · `sigma` beyond that.
 */
export function scribble(
  image: Image,
  { threshold, sigma }: { readonly threshold: number; readonly sigma: number },
): Image {
  const { width, height, data } = maskFromImage(image);
  const blur = (values: ArrayLike<number>, of: "bytes" | "floats"): Values => {
    const map = { width, height, channels: 1, data: values };
    return { ...map, data: gaussianBlur(map, { sigma, radius: opencvRadius(sigma, of) }) };
  };
  const smooth = blur(data, "floats");
  const ridge = Uint8Array.from(data, (_, i) => (smooth.data[i] > threshold && isRidge(smooth, i) ? 255 : 0));
  const thick = blur(ridge, "bytes");
  return imageFromMask({
    width,
    height,
    data: Uint8Array.from(data, (_, i) => (ridge[i] > 0 || Math.round(thick.data[i]) > 4 ? 255 : 0)),
  });
}

/** Whether pixel `i` is no smaller than both neighbours in some direction; beyond the picture there are none. */
function isRidge({ width, height, data }: Values, i: number): boolean {
  const [x, y] = [i % width, Math.floor(i / width)];
  const at = (u: number, v: number) => (u < 0 || v < 0 || u >= width || v >= height ? -Infinity : data[v * width + u]);
  return directions.some(([dx, dy]) => data[i] >= at(x - dx, y - dy) && data[i] >= at(x + dx, y + dy));
}
