// CLIP score (Hessel et al. 2021, arXiv 2104.08718; the scale of 100 is torchmetrics'): how well pictures fit their
// captions, by the angle between their CLIP features.

import { checkFeatures, dot, row } from "./features.ts";
import type { Features } from "./features.ts";

/** max(100·cos(image, text), 0) for each pair of rows, and their mean. Throws RangeError when the counts differ. */
export function clipScore(
  images: Features,
  texts: Features,
): { readonly scores: readonly number[]; readonly mean: number } {
  checkFeatures("a CLIP score", images, texts, 1);
  if (images.dims[0] !== texts.dims[0]) {
    throw new RangeError(
      `Cannot compute a CLIP score: ${images.dims[0]} pictures and ${texts.dims[0]} captions (one caption for each is wanted)`,
    );
  }
  const scores = Array.from({ length: images.dims[0] }, (_, i) => {
    const [image, text] = [row(images, i), row(texts, i)];
    return Math.max((100 * dot(image, text)) / Math.sqrt(dot(image, image) * dot(text, text)), 0);
  });
  return { scores, mean: scores.reduce((sum, value) => sum + value, 0) / scores.length };
}
