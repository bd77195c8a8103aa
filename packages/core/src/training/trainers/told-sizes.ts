// What SDXL is told of the pictures that it learns: how large they were, and what was cut off (arXiv 2307.01952, §2.2).

import type { Size } from "../../data/aspect-buckets.ts";
import type { Example } from "../../data/dataset.ts";
import { fittedArea } from "../../image/compose.ts";
import type { Fit } from "../../image/compose.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { FittedExample } from "../examples.ts";

/**
 * Original height and width, top and left of the cut in the picture as it was resized, target height and width, for each of `count`
 * examples: [N,6]. Those that are missing were made in the target's shape.
 */
export function toldSizes(
  examples: readonly (Example & Partial<FittedExample>)[],
  { count, shape, fit }: { readonly count: number; readonly shape: Size; readonly fit: Fit },
): Tensor {
  const rows = Array.from({ length: count }, (_, i) => {
    const { image = shape, whole = image }: { image?: Size; whole?: Size } = examples[i] ?? {};
    const area = fittedArea(whole, shape, fit);
    const scale = shape.width / area.width;
    // What "pad" adds is no cut.
    const cut = [area.top, area.left].map((side) => Math.max(0, Math.round(side * scale)));
    return [whole.height, whole.width, ...cut, shape.height, shape.width];
  });
  return tensor([count, 6], Float32Array.from(rows.flat()));
}
