// Fréchet distance between two Gaussians fitted to features (Heusel et al. 2017, arXiv 1706.08500, eq. 6). With the
// published Inception's features it is FID; with any other network it is that network's Fréchet distance, and the
// numbers cannot be compared.

import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import type { GaussianStatistics } from "./gaussian-statistics.ts";

/**
 * ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½), 0 for equal Gaussians up to rounding. Two eigenvalue decompositions of [D,D]:
 * milliseconds for D = 64, minutes for 2048. Throws RangeError when the widths differ.
 */
export function frechetDistance(a: GaussianStatistics, b: GaussianStatistics): number {
  const width = a.mean.length;
  if (b.mean.length !== width) {
    throw new RangeError(
      `Cannot compute a Fréchet distance: features of width ${width} beside ${b.mean.length} (one feature network is wanted)`,
    );
  }
  let distance = 0;
  for (let i = 0; i < width; i++) {
    distance += (a.mean[i] - b.mean[i]) ** 2 + a.covariance[i * width + i] + b.covariance[i * width + i];
  }
  // Σ₁Σ₂ has the eigenvalues of the symmetric Σ₁^½ Σ₂ Σ₁^½, so tr (Σ₁Σ₂)^½ is the sum of their roots.
  const root = squareRoot(matrix(a.covariance, width));
  const product = root.mmul(matrix(b.covariance, width)).mmul(root);
  const symmetric = Matrix.add(product, product.transpose()).mul(0.5);
  const { realEigenvalues } = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
  return realEigenvalues.reduce((sum, value) => sum - 2 * Math.sqrt(Math.max(value, 0)), distance);
}

const matrix = (values: Float64Array, width: number): Matrix => Matrix.from1DArray(width, width, values);

/** The symmetric root of a positive semidefinite matrix: V √Λ Vᵀ. */
function squareRoot(symmetric: Matrix): Matrix {
  const { eigenvectorMatrix: vectors, realEigenvalues } = new EigenvalueDecomposition(symmetric, {
    assumeSymmetric: true,
  });
  const roots = Matrix.diag(realEigenvalues.map((value) => Math.sqrt(Math.max(value, 0))));
  return vectors.mmul(roots).mmul(vectors.transpose());
}
