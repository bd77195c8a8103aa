// Linear discriminant analysis (Fisher 1936; Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, §4.3): classes are
// Gaussians of one covariance, and the likeliest one is a linear function of the features. It has a closed form, and needs few
// pictures of a class.

import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { tensor } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Features } from "./features.ts";
import { row } from "./features.ts";
import { statisticsOf } from "./gaussian-statistics.ts";

/** A linear layer: class k's score is weight[k]·x + bias[k], its log-likelihood but for what all classes have. */
export interface LinearClassifier {
  /** [K,D]. */
  readonly weight: Tensor;
  /** [K]. */
  readonly bias: Tensor;
}

/**
 * Fits classes 0…K−1 to `features` [N,D] with the class of each row, all of them equally likely beforehand. Covariances, but not
 * variances, are multiplied by 1 − `shrinkage` (Schäfer and Strimmer 2005, target D): where N is small they are mostly chance.
 * Throws RangeError when a class has no pictures or there are no more pictures than classes.
 */
export function linearDiscriminant(
  features: Features,
  classes: readonly number[],
  { count, shrinkage }: { readonly count: number; readonly shrinkage: number },
): LinearClassifier {
  const [pictures, width] = features.dims;
  if (pictures <= count)
    throw new RangeError(
      `Cannot tell ${count} classes apart: there are ${pictures} pictures (more than one of a class is wanted)`,
    );
  const means = new Matrix(count, width);
  const sizes = new Array<number>(count).fill(0);
  classes.forEach((k, n) => {
    sizes[k]++;
    row(features, n).forEach((value: number, i: number) => means.set(k, i, means.get(k, i) + value));
  });
  const missing = sizes.indexOf(0);
  if (missing >= 0) throw new RangeError(`Cannot tell ${count} classes apart: class ${missing} has no pictures`);
  sizes.forEach((size, k) => means.mulRow(k, 1 / size));

  const covariance = withinClasses(features, classes, means);
  for (let i = 0; i < width; i++)
    for (let j = 0; j < width; j++) if (i !== j) covariance.set(i, j, covariance.get(i, j) * (1 - shrinkage));
  // A feature that does not vary within classes would be infinitely sure: it varies by a millionth of what it does between them.
  means.variance("column", { unbiased: false }).forEach((between, i) => {
    const within = covariance.get(i, i);
    covariance.set(i, i, within + (1e-6 * (within + between) || 1));
  });

  // log p(x|k) = xᵀΣ⁻¹μ − ½μᵀΣ⁻¹μ + what all classes have.
  const solved = new CholeskyDecomposition(covariance).solve(means.transpose()); // Σ⁻¹μ, [D,K]
  const weight = tensor([count, width]);
  const bias = tensor([count]);
  for (let k = 0; k < count; k++)
    for (let i = 0; i < width; i++) {
      weight.data[k * width + i] = solved.get(i, k);
      bias.data[k] -= 0.5 * means.get(k, i) * solved.get(i, k);
    }
  return { weight, bias };
}

/** Σ (x − μ)(x − μ)ᵀ / (N − K), μ the mean of x's class. */
function withinClasses(features: Features, classes: readonly number[], means: Matrix): Matrix {
  const [pictures, width] = features.dims;
  const centred = Float64Array.from(features.data, (value, at) => {
    const i = at % width;
    return value - means.get(classes[(at - i) / width], i);
  });
  const { covariance } = statisticsOf({ dims: features.dims, data: centred });
  return Matrix.from1DArray(width, width, covariance).mul((pictures - 1) / (pictures - means.rows));
}
