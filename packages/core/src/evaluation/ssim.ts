// Structural similarity (Wang et al. 2004, §III-B) as scikit-image computes it: local means, variances and covariance
// under a sliding window, averaged over the places where the window fits, per channel, then over channels.

import { gaussianWeights } from "../image/gaussian.ts";
import type { Image } from "../image/image.ts";
import { checkSameSize } from "./psnr.ts";

/** A separable window. */
interface Window {
  readonly weights: readonly number[];
  /** Variances are multiplied by this: n/(n−1) for sample statistics, 1 for population ones. */
  readonly correction: number;
}

/** Windows by name: the paper's 11×11 Gaussian of σ 1.5, and scikit-image's default box of 7×7. */
const windows = {
  gaussian: { weights: gaussianWeights({ sigma: 1.5, radius: 5 }), correction: 1 },
  uniform: { weights: new Array<number>(7).fill(1 / 7), correction: 7 ** 2 / (7 ** 2 - 1) },
} satisfies Record<string, Window>;

/**
 * Mean structural similarity, 1 for equal pictures. `gray` compares the plain mean of the channels. Throws RangeError
 * when sizes differ or the window does not fit.
 */
export function ssim(
  a: Image,
  b: Image,
  { window = "gaussian", gray = false }: { window?: keyof typeof windows; gray?: boolean } = {},
): number {
  checkSameSize("compare", a, b);
  const { weights, correction } = windows[window];
  if (a.width < weights.length || a.height < weights.length) {
    throw new RangeError(
      `Cannot compute SSIM: the pictures are ${a.width}×${a.height} (at least ${weights.length}×${weights.length} is wanted)`,
    );
  }
  const [planesA, planesB] = [planes(a, gray), planes(b, gray)];
  const values = planesA.map((plane, c) => meanSimilarity(plane, planesB[c], a.width, weights, correction));
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function planes({ channels, data }: Image, gray: boolean): Float64Array[] {
  const each = Array.from({ length: channels }, (_, c) =>
    Float64Array.from({ length: data.length / channels }, (_, i) => data[i * channels + c]),
  );
  if (!gray) return each;
  return [each[0].map((_, i) => each.reduce((sum, plane) => sum + plane[i], 0) / channels)];
}

/** C₁ = (K₁L)², C₂ = (K₂L)² with K₁ = 0.01, K₂ = 0.03, L = 255. */
const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];

function meanSimilarity(
  x: Float64Array,
  y: Float64Array,
  width: number,
  weights: readonly number[],
  correction: number,
): number {
  const filter = (values: Float64Array) => filterValid(values, width, weights);
  const [ux, uy] = [filter(x), filter(y)];
  const products = [x.map((v) => v * v), y.map((v) => v * v), x.map((v, i) => v * y[i])].map(filter);
  let sum = 0;
  for (let i = 0; i < ux.length; i++) {
    const vx = correction * (products[0][i] - ux[i] ** 2);
    const vy = correction * (products[1][i] - uy[i] ** 2);
    const vxy = correction * (products[2][i] - ux[i] * uy[i]);
    sum += ((2 * ux[i] * uy[i] + c1) * (2 * vxy + c2)) / ((ux[i] ** 2 + uy[i] ** 2 + c1) * (vx + vy + c2));
  }
  return sum / ux.length;
}

/** Rows, then columns, where the window fits. */
function filterValid(values: Float64Array, width: number, weights: readonly number[]): Float64Array {
  const height = values.length / width;
  const [outWidth, outHeight] = [width - weights.length + 1, height - weights.length + 1];
  const across = new Float64Array(outWidth * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < outWidth; x++)
      for (let k = 0; k < weights.length; k++) across[y * outWidth + x] += weights[k] * values[y * width + x + k];
  const down = new Float64Array(outWidth * outHeight);
  for (let y = 0; y < outHeight; y++)
    for (let x = 0; x < outWidth; x++)
      for (let k = 0; k < weights.length; k++) down[y * outWidth + x] += weights[k] * across[(y + k) * outWidth + x];
  return down;
}
