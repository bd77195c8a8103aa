// Perturbed-attention guidance: D. Ahn et al., "Self-Rectifying Diffusion Sampling with Perturbed-Attention Guidance", arXiv 2403.17377, eq. 15.
import { lincomb } from "../../tensor/lincomb.ts";
import type { Predictions } from "./predictions.ts";

/** guided + s·(c − ĉ), ĉ by the network whose self-attention is the identity in some layers: away from pictures without structure. */
export const awayFromPerturbed = (
  guided: Float32Array,
  { cond, perturbed }: Predictions,
  scale: number,
): Float32Array => lincomb([1, guided], [scale, cond], [-scale, perturbed!]);
