// Pictures larger than the model or the memory takes: the UNet sees overlapping windows of the latents, and what it predicts
// for them is averaged at every evaluation (MultiDiffusion, arXiv 2302.08113, eq. 3; with Gaussian weights, Mixture of
// Diffusers, arXiv 2302.02412, §3.2). Samplers go on linearly from a prediction, so averaging it is averaging their steps.

import type { Box } from "../tensor/crop.ts";
import { crop } from "../tensor/crop.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Evaluate } from "./unet-evaluation.ts";

/** How much a place of a window counts, by its distance from the middle in halves of the window, −1 to 1. */
export const windowWeights = {
  /** All alike. */
  multidiffusion: () => 1,
  /** exp(−d²/2σ²) with σ² = 0.01 of the side's square, the paper's; in halves of a side 0.04. */
  mixture: (distance: number) => Math.exp(-(distance ** 2) / (2 * 0.04)),
} satisfies Record<string, (distance: number) => number>;

/** Windows of an evaluation in parts. */
export interface WindowOptions {
  readonly weights: keyof typeof windowWeights;
  /** Side of a window in latents. */
  readonly side: number;
  /** Share of a window that the next one covers too. */
  readonly overlap: number;
  /** Channels [1,C',h,w] behind the latents, which windows take their part of. */
  readonly extraChannels?: Tensor;
}

/** `evaluate` by windows: latents [1,C,h,w] of any size, one window of each condition at a time. It tells no maps. */
export function windowedEvaluation(
  evaluate: Evaluate,
  { weights, side, overlap, extraChannels }: WindowOptions,
): Evaluate {
  return async (latents, timestep, conditions) => {
    const [, channels, height, width] = latents.dims;
    const windows = boxes({ height, width }, { side, overlap });
    const sums = conditions.map(() => new Float32Array(latents.data.length));
    const total = new Float32Array(height * width);
    for (const box of windows) {
      const inside = conditions.map((condition) => {
        const own = condition.extraChannels ?? extraChannels;
        return { ...condition, window: box, ...(own && { extraChannels: crop(own, box) }) };
      });
      const results = await evaluate(crop(latents, box), timestep, inside);
      const weight = weightsOf(box, weights);
      weight.forEach((value, i) => (total[placeOf(i, box, width)] += value));
      results.forEach(({ out }, k) => {
        const size = weight.length;
        for (let c = 0; c < channels; c++)
          for (let i = 0; i < size; i++)
            sums[k][c * height * width + placeOf(i, box, width)] += weight[i] * out[c * size + i];
      });
    }
    return sums.map((sum) => ({ out: sum.map((value, i) => value / total[i % total.length]), maps: {} }));
  };
}

/** Index in the whole of place `i` of a window. */
const placeOf = (i: number, box: Box, width: number): number =>
  (box.top + Math.floor(i / box.width)) * width + box.left + (i % box.width);

/** Windows that cover the whole, evenly apart and at least `overlap` of a side over each other. */
function boxes(
  whole: { height: number; width: number },
  { side, overlap }: { side: number; overlap: number },
): readonly Box[] {
  const [height, width] = [Math.min(side, whole.height), Math.min(side, whole.width)];
  const starts = (size: number, window: number) => {
    const room = size - window;
    const count = 1 + Math.ceil(room / Math.max(1, Math.floor(window * (1 - overlap))));
    return Array.from({ length: count }, (_, i) => (count === 1 ? 0 : Math.round((i * room) / (count - 1))));
  };
  return starts(whole.height, height).flatMap((top) =>
    starts(whole.width, width).map((left) => ({ top, left, height, width })),
  );
}

/** Weights [h,w] of a window's places. */
function weightsOf({ height, width }: Box, kind: keyof typeof windowWeights): Float32Array {
  const along = (size: number) => Array.from({ length: size }, (_, i) => windowWeights[kind]((2 * i + 1) / size - 1));
  const [rows, columns] = [along(height), along(width)];
  return Float32Array.from(rows.flatMap((row) => columns.map((column) => row * column)));
}
