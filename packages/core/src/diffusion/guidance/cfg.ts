// Classifier-free guidance: J. Ho, T. Salimans, arXiv 2207.12598, eq. 6 (with w = 1 + their w).
import { lincomb } from "../../tensor/lincomb.ts";

/** uncond + w·(cond − uncond), applied to raw predictions; w = 1 is the conditional one alone. */
export function classifierFree(uncond: Float32Array, cond: Float32Array, guidanceScale: number): Float32Array {
  return lincomb([1 - guidanceScale, uncond], [guidanceScale, cond]);
}
