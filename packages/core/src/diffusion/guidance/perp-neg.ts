// Perpendicular negative prompts: M. Armandpour et al., "Re-imagine the Negative Prompt Algorithm", arXiv 2304.04968, eq. 7–8.
import { lincomb } from "../../tensor/lincomb.ts";
import type { Predictions } from "./predictions.ts";
import { inner } from "./project.ts";

/**
 * ∅ + w·(p − s·n⊥), with p and n the directions of the prompt and the negative prompt from the empty one ∅, and n⊥ what
 * of n is perpendicular to p: a negative prompt that overlaps the prompt takes nothing from it.
 */
export function perpendicularNegative(
  { cond, uncond, empty }: Predictions,
  guidanceScale: number,
  { negativeScale }: { negativeScale: number },
): Float32Array {
  const positive = lincomb([1, cond], [-1, empty!]);
  const negative = lincomb([1, uncond!], [-1, empty!]);
  const length = inner(positive, positive);
  const along = length === 0 ? 0 : inner(negative, positive) / length;
  return lincomb(
    [1, empty!],
    [guidanceScale * (1 + negativeScale * along), positive],
    [-guidanceScale * negativeScale, negative],
  );
}
