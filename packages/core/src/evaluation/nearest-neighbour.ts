// How near generated pictures are to training pictures: near zero for many of them is memorisation (Carlini et al. 2023,
// arXiv 2301.13188).

import { checkFeatures, row, squaredDistance } from "./features.ts";
import type { Features } from "./features.ts";

/**
 * For each row of `generated` [M,D] the index of the nearest row of `training` [N,D], other than those that `skip` names,
 * and the root mean square difference to it (index −1 and Infinity where all are skipped).
 */
export function nearestNeighbours(
  generated: Features,
  training: Features,
  { skip = () => false }: { skip?: (generated: number, training: number) => boolean } = {},
): { readonly index: number; readonly distance: number }[] {
  checkFeatures("nearest neighbours", generated, training, 1);
  const [, width] = training.dims;
  return Array.from({ length: generated.dims[0] }, (_, g) => {
    let [index, least] = [-1, Infinity];
    for (let t = 0; t < training.dims[0]; t++) {
      if (skip(g, t)) continue;
      const distance = squaredDistance(row(generated, g), row(training, t));
      if (distance < least) [index, least] = [t, distance];
    }
    return { index, distance: Math.sqrt(least / width) };
  });
}
