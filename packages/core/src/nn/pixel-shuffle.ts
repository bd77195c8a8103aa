// Channels as pixels and back (Shi et al. 2016, arXiv 1609.05158, §3.2), as torch's pixel_shuffle and pixel_unshuffle.

import { multiplyDims } from "../graph/dim.ts";
import { conv2d as convolve } from "../graph/ops/convolution.ts";
import { reshape, transpose } from "../graph/ops/shape.ts";
import { constant } from "../graph/ops/source.ts";
import type { Value } from "../graph/value.ts";
import { known } from "./layers.ts";

/** x [N,C·r²,H,W] → [N,C,rH,rW]: each r × r square of pixels from r² channels. */
export function pixelShuffle(x: Value, r: number): Value {
  const [n, , height, width] = x.dims;
  const channels = known(x, 1) / (r * r);
  const squares = reshape(x, [n, channels, r, r, height, width]);
  return reshape(transpose(squares, [0, 1, 4, 2, 5, 3]), [
    n,
    channels,
    multiplyDims(height, r),
    multiplyDims(width, r),
  ]);
}

/** x [N,C,rH,rW] → [N,C·r²,H,W]: the inverse of pixelShuffle. What is over at sizes that are no multiples is left out. */
export function pixelUnshuffle(x: Value, r: number): Value {
  const channels = known(x, 1);
  const features = channels * r * r;
  // As a convolution of stride r whose kernels each pick one pixel of the square.
  const kernels = new Float32Array(features * features);
  for (let feature = 0; feature < features; feature++) {
    kernels[feature * features + feature] = 1;
  }
  return convolve(x, constant(kernels, [features, channels, r, r]), undefined, { stride: r, padding: [0, 0, 0, 0] });
}
