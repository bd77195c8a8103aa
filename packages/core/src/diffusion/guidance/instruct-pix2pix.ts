// Two guidances for editing by instruction: T. Brooks, A. Holynski, A. A. Efros, InstructPix2Pix, arXiv 2211.09800, eq. 3.
import { lincomb } from "../../tensor/lincomb.ts";
import type { Predictions } from "./predictions.ts";

/** u + w·(c − i) + wᵢ·(i − u): c sees picture and instruction, i the picture alone, u neither. */
export function instructPix2Pix(
  { cond, picture, uncond }: Predictions,
  guidanceScale: number,
  { imageGuidanceScale }: { imageGuidanceScale: number },
): Float32Array {
  return lincomb(
    [1 - imageGuidanceScale, uncond!],
    [guidanceScale, cond],
    [imageGuidanceScale - guidanceScale, picture!],
  );
}
