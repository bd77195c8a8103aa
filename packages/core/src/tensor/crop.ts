// Parts of pictures and latents.

import type { Tensor } from "./tensor.ts";
import { tensor } from "./tensor.ts";

/** A rectangle of places. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** The part of x [1,C,H,W] inside `box`, which may reach over its right and lower edges. */
export function crop(x: Tensor, { top, left, height, width }: Box): Tensor {
  const [, channels, h, w] = x.dims;
  const [rows, columns] = [Math.min(height, h - top), Math.min(width, w - left)];
  const part = tensor([1, channels, rows, columns]);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < rows; y++) {
      const from = (c * h + top + y) * w + left;
      part.data.set(x.data.subarray(from, from + columns), (c * rows + y) * columns);
    }
  }
  return part;
}
