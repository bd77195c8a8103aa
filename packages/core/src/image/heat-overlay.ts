// A map of values as colours over a picture.

import { resized } from "../tensor/resize.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { onCheckerboard } from "./checkerboard.ts";
import type { Image } from "./image.ts";

/** Black over violet and orange to light yellow, evenly apart: five points of matplotlib's "inferno". */
const stops = [
  [0, 0, 4],
  [87, 16, 110],
  [188, 55, 84],
  [249, 142, 9],
  [252, 255, 164],
] as const;

/** `image` in grey under the colours of `heat` [1,1,h,w], stretched from its lowest to its highest value; more heat covers more. */
export function heatOverlay(image: Image, heat: Tensor): Image {
  const { width, height, data } = onCheckerboard(image);
  const map = resized(heat, { width, height, mode: "bilinear" }).data;
  const lowest = map.reduce((a, b) => Math.min(a, b));
  const span = map.reduce((a, b) => Math.max(a, b)) - lowest;
  const mixed = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const share = span === 0 ? 0 : (map[i] - lowest) / span;
    const grey = (data[i * 3] + data[i * 3 + 1] + data[i * 3 + 2]) / 3;
    const place = share * (stops.length - 1);
    const below = Math.min(Math.floor(place), stops.length - 2);
    const cover = 0.35 + 0.5 * share;
    for (let c = 0; c < 3; c++) {
      const colour = stops[below][c] + (place - below) * (stops[below + 1][c] - stops[below][c]);
      mixed[i * 3 + c] = Math.round(cover * colour + (1 - cover) * grey);
    }
  }
  return { width, height, channels: 3, data: mixed };
}
