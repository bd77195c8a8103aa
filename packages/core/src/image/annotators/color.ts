// Colours without shapes: a grid of plain squares, as T2I-Adapter's colour model was trained on (t2ia_color_grid).

import { resized } from "../../tensor/resize.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { Image } from "../image.ts";

/** Squares of `cell` pixels, each the colour at its middle by a cubic through the 4×4 pixels there (OpenCV's INTER_CUBIC). */
export function color({ width, height, channels, data }: Image, { cell }: { readonly cell: number }): Image {
  const plane = width * height;
  const place = (i: number) => (i % plane) * channels + Math.floor(i / plane);
  const planes = Float32Array.from(data, (_, i) => data[place(i)]);
  const [columns, rows] = [width, height].map((side) => Math.max(1, Math.floor(side / cell)));
  const grid = resized(tensor([1, channels, height, width], planes), { height: rows, width: columns, mode: "bicubic" });
  const bytes = tensor(grid.dims, Float32Array.from(Uint8ClampedArray.from(grid.data)));
  const squares = resized(bytes, { height, width, mode: "nearest" });
  const out = new Uint8Array(data.length);
  squares.data.forEach((value, i) => (out[place(i)] = value));
  return { width, height, channels, data: out };
}
