// How often a judge sees in pictures what they are to show.

import type { Features } from "./features.ts";
import { row } from "./features.ts";

/** Shares of the pictures whose wanted class has the highest score, or one of the five highest. */
export interface TopShares {
  readonly top1: number;
  readonly top5: number;
}

/**
 * Of scores [N,K] and the class wanted of each picture, −1 for one that the judge does not know. A class with the same
 * score as the wanted one counts as higher.
 */
export function topShares(scores: Features, wanted: readonly number[]): TopShares {
  const ranks = wanted.map((own, n) => {
    if (own < 0) return Infinity;
    let above = 0;
    row(scores, n).forEach((value: number, k: number) => {
      if (k !== own && value >= row(scores, n)[own]) above++;
    });
    return above;
  });
  const share = (places: number) => ranks.filter((rank) => rank < places).length / ranks.length;
  return { top1: share(1), top5: share(5) };
}
