// What SDXL is told beside the text: the sizes and the crop that the picture claims to have.

import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import type { ResolvedOptions } from "./options.ts";

/** SDXL's micro-conditioning (arXiv 2307.01952, §2.2): what the picture claims to have been, [1,6], or [1,5] with an aesthetic score for the refiner. */
export function sizeConditioning(
  options: ResolvedOptions & { width: number; height: number },
  { sizes }: { sizes: number },
): { positive: Tensor; negative: Tensor } {
  const { width, height, originalSize = [height, width], cropTopLeft = [0, 0], targetSize = [height, width] } = options;
  const { negativeOriginalSize, negativeTargetSize } = options;
  // As in diffusers, the negative sizes count only when both are there; else the positive ones serve for both.
  const own = negativeOriginalSize !== undefined && negativeTargetSize !== undefined;
  const negativeCrop = own ? (options.negativeCropTopLeft ?? [0, 0]) : cropTopLeft;
  const ids = (original: readonly number[], crop: readonly number[], last: readonly number[]) =>
    tensor([1, sizes], Float32Array.from([...original, ...crop, ...last]));
  return sizes === 5
    ? {
        positive: ids(originalSize, cropTopLeft, [options.aestheticScore]),
        negative: ids(own ? negativeOriginalSize : originalSize, negativeCrop, [options.negativeAestheticScore]),
      }
    : {
        positive: ids(originalSize, cropTopLeft, targetSize),
        negative: ids(own ? negativeOriginalSize : originalSize, negativeCrop, own ? negativeTargetSize : targetSize),
      };
}
