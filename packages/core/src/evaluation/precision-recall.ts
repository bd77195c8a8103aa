// Precision and recall of a generator (Kynkäänniemi et al. 2019, arXiv 1904.06991, §2): each set's manifold is the union
// of balls around its features that reach to the k-th neighbour. Precision: the share of generated pictures inside the
// real manifold; recall: of real ones inside the generated. Density and coverage (Naeem et al. 2020, arXiv 2002.09797,
// §3) bear outliers better.

import { checkFeatures, row, squaredDistance } from "./features.ts";
import type { Features } from "./features.ts";

/** All four are shares but density, which can exceed 1. */
export interface PrecisionRecall {
  readonly precision: number;
  readonly recall: number;
  readonly density: number;
  readonly coverage: number;
}

/** Of `generated` [M,D] against `real` [N,D] with `neighbours` k. Cost (N+M)²·D. Throws RangeError below k + 1 rows. */
export function precisionRecall(
  real: Features,
  generated: Features,
  { neighbours = 3 }: { neighbours?: number } = {},
): PrecisionRecall {
  checkFeatures(`precision with ${neighbours} neighbours`, real, generated, neighbours + 1);
  const [reals, fakes] = [real.dims[0], generated.dims[0]];
  const realRadii = squaredRadii(real, neighbours);
  const fakeRadii = squaredRadii(generated, neighbours);
  const [inReal, inFake, covered] = [new Uint32Array(fakes), new Uint8Array(reals), new Uint8Array(reals)];
  for (let r = 0; r < reals; r++) {
    for (let g = 0; g < fakes; g++) {
      const distance = squaredDistance(row(real, r), row(generated, g));
      if (distance <= realRadii[r]) {
        inReal[g]++;
        covered[r] = 1;
      }
      if (distance <= fakeRadii[g]) inFake[r] = 1;
    }
  }
  const total = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
  return {
    precision: inReal.filter((balls) => balls > 0).length / fakes,
    recall: total(inFake) / reals,
    density: total(inReal) / (neighbours * fakes),
    coverage: total(covered) / reals,
  };
}

/** Squared distance of each row to its k-th nearest other row. */
function squaredRadii(features: Features, k: number): Float64Array {
  const count = features.dims[0];
  return Float64Array.from({ length: count }, (_, i) => {
    const distances = new Float64Array(count - 1);
    for (let j = 0, at = 0; j < count; j++)
      if (j !== i) distances[at++] = squaredDistance(row(features, i), row(features, j));
    return distances.sort()[k - 1];
  });
}
