// Tensors in another size, as torch.nn.functional.interpolate makes them: what A1111's hires fix does to latents; and as
// TensorFlow 1 did, whose way the Inception network of Fréchet distance was used with.

import type { Taps } from "./resampling.ts";
import {
  antialiasTaps,
  cornerBilinearTaps,
  edgeBilinearTaps,
  interpolationTaps,
  nearestTaps,
  resamplingFilters,
} from "./resampling.ts";
import type { Tensor } from "./tensor.ts";
import { tensor } from "./tensor.ts";

/** The ways, torch's by its names; with "-antialias", its `antialias=True`. */
export const tensorResizeModes = {
  nearest: (from, to) => nearestTaps(from, to, "edge"),
  "nearest-exact": (from, to) => nearestTaps(from, to, "middle"),
  bilinear: (from, to) => interpolationTaps(from, to, resamplingFilters.linear),
  "bilinear-tensorflow1": edgeBilinearTaps,
  "bilinear-align-corners": cornerBilinearTaps,
  "bilinear-antialias": (from, to) => antialiasTaps(from, to, resamplingFilters.linear),
  bicubic: (from, to) => interpolationTaps(from, to, resamplingFilters.cubicTorch),
  "bicubic-antialias": (from, to) => antialiasTaps(from, to, resamplingFilters.cubic),
} satisfies Record<string, (from: number, to: number) => Taps[]>;

/** One of them. */
export type TensorResizeMode = keyof typeof tensorResizeModes;

/** x [N,C,h,w] → [N,C,height,width]. */
export function resized(
  x: Tensor,
  { height, width, mode }: { height: number; width: number; mode: TensorResizeMode },
): Tensor {
  const [n, channels, h, w] = x.dims;
  const rows = tensorResizeModes[mode](h, height);
  const columns = tensorResizeModes[mode](w, width);
  const out = tensor([n, channels, height, width]);
  const wide = new Float32Array(h * width);
  for (let plane = 0; plane < n * channels; plane++) {
    for (let y = 0; y < h; y++) {
      const line = (plane * h + y) * w;
      columns.forEach(({ first, weights }, i) => (wide[y * width + i] = weighted(x.data, weights, line + first, 1)));
    }
    rows.forEach(({ first, weights }, j) => {
      const to = (plane * height + j) * width;
      for (let i = 0; i < width; i++) out.data[to + i] = weighted(wide, weights, first * width + i, width);
    });
  }
  return out;
}

function weighted(values: Float32Array, weights: readonly number[], from: number, stride: number): number {
  let sum = 0;
  for (let k = 0; k < weights.length; k++) sum += weights[k] * values[from + k * stride];
  return sum;
}
