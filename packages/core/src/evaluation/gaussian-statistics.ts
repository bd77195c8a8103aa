// Mean and covariance of feature vectors, gathered batch by batch in float64 (Chan, Golub and LeVeque 1983, eq. 2.1):
// batches can be merged in any grouping and no feature has to be kept.

import type { Features } from "./features.ts";

/** A Gaussian fitted to features. */
export interface GaussianStatistics {
  readonly count: number;
  /** [D]. */
  readonly mean: Float64Array;
  /** [D,D], unbiased: divided by count − 1. */
  readonly covariance: Float64Array;
}

/** Gathers statistics of features of one width. */
export interface StatisticsGatherer {
  /** Adds the rows of `features` [N,D]. Throws RangeError on another width. */
  add(features: Features): void;
  /** The statistics so far. Throws RangeError when fewer than 2 rows were added. */
  result(): GaussianStatistics;
}

/** An empty gatherer. A row costs D² multiplications, which for D = 2048 is about 5 ms. */
export function gatherStatistics(width: number): StatisticsGatherer {
  let count = 0;
  const mean = new Float64Array(width);
  const scatter = new Float64Array(width * width); // Σ (x − mean)(x − mean)ᵀ, upper triangle

  return {
    add({ dims: [rows, columns], data }) {
      if (columns !== width) {
        throw new RangeError(
          `Cannot gather statistics: features of width ${columns} after ${width} (one width is wanted)`,
        );
      }
      const own = new Float64Array(width);
      for (let n = 0; n < rows; n++) for (let i = 0; i < width; i++) own[i] += data[n * width + i] / rows;
      const centred = new Float64Array(width);
      for (let n = 0; n < rows; n++) {
        for (let i = 0; i < width; i++) centred[i] = data[n * width + i] - own[i];
        addOuterProduct(scatter, centred, 1);
      }
      // Two groups: S = S₁ + S₂ + δδᵀ·n₁n₂/(n₁+n₂), δ the difference of their means.
      const total = count + rows;
      if (rows > 0) {
        const difference = own.map((value, i) => value - mean[i]);
        addOuterProduct(scatter, difference, (count * rows) / total);
        for (let i = 0; i < width; i++) mean[i] += (difference[i] * rows) / total;
      }
      count = total;
    },
    result() {
      if (count < 2) throw new RangeError(`Cannot compute a covariance: ${count} pictures (at least 2 are wanted)`);
      const covariance = new Float64Array(width * width);
      for (let i = 0; i < width; i++)
        for (let j = i; j < width; j++)
          covariance[i * width + j] = covariance[j * width + i] = scatter[i * width + j] / (count - 1);
      return { count, mean: mean.slice(), covariance };
    },
  };
}

/** upper += factor·x·xᵀ, the upper triangle. */
function addOuterProduct(upper: Float64Array, x: Float64Array, factor: number): void {
  const width = x.length;
  for (let i = 0; i < width; i++) {
    const scaled = factor * x[i];
    if (scaled === 0) continue;
    for (let j = i; j < width; j++) upper[i * width + j] += scaled * x[j];
  }
}

/** The statistics of all rows of `features` [N,D]. */
export function statisticsOf(features: Features): GaussianStatistics {
  const gatherer = gatherStatistics(features.dims[1]);
  gatherer.add(features);
  return gatherer.result();
}
