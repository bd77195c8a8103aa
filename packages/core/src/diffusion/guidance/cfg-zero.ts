// CFG-Zero*: W. Fan et al., "CFG-Zero*: Improved Classifier-Free Guidance for Flow Matching Models", arXiv 2503.18886, eq. 9.
// Its optimized scale; "zero-init" is of use with flow matching only.
import { lincomb } from "../../tensor/lincomb.ts";
import type { Predictions } from "./predictions.ts";
import { inner } from "./project.ts";

/** s·u + w·(c − s·u) with s = ⟨c, u⟩/‖u‖², which brings the unconditional prediction as near to the conditional one as a factor can. */
export function optimizedScale({ cond, uncond }: Predictions, guidanceScale: number): Float32Array {
  const length = inner(uncond!, uncond!);
  const s = length === 0 ? 1 : inner(cond, uncond!) / length;
  return lincomb([s * (1 - guidanceScale), uncond!], [guidanceScale, cond]);
}
