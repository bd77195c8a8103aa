// Adaptive projected guidance: S. Sadat, O. Hilliges, R. M. Weber, "Eliminating Oversaturation and Artifacts of High
// Guidance Scales in Diffusion Models", arXiv 2410.02416, algorithm 1; on estimates of x₀.
import { lincomb, scaled } from "../../tensor/lincomb.ts";
import type { Predictions } from "./predictions.ts";
import { inner } from "./project.ts";

/** The method's parameters. */
export interface ApgSettings {
  /** η: share of the direction parallel to the conditional estimate, which saturates; 1 keeps it all. */
  readonly eta: number;
  /** r: the longest the direction may be; 0 for no limit. */
  readonly normThreshold: number;
  /** β: weight of the directions before this one; negative ones are taken off. */
  readonly momentum: number;
}

/** The method for one run; it remembers the directions of earlier evaluations, Δ ← Δ + β·Δ_before. */
export function adaptiveProjected({ eta, normThreshold, momentum }: ApgSettings) {
  let before: Float32Array | undefined;
  return ({ cond, uncond }: Predictions, guidanceScale: number): Float32Array => {
    let direction = lincomb([1, cond], [-1, uncond!]);
    if (momentum !== 0 && before !== undefined) direction = lincomb([1, direction], [momentum, before]);
    before = direction;
    const norm = Math.sqrt(inner(direction, direction));
    if (normThreshold > 0 && norm > normThreshold) direction = scaled(direction, normThreshold / norm);
    // Δ∥ = (⟨Δ, D_c⟩/‖D_c‖²)·D_c; Δ ← Δ⊥ + η·Δ∥.
    const length = inner(cond, cond);
    const along = length === 0 ? 0 : inner(direction, cond) / length;
    const w = guidanceScale - 1;
    return lincomb([1 + w * (eta - 1) * along, cond], [w, direction]);
  };
}
