// Gradient estimation: Euler's method along 2d − d₋₁, a better estimate of the direction to the data than d. F. Permenter and C. Yuan,
// arXiv 2306.04848, algorithm 2 (γ = 2). Under CFG++ (arXiv 2406.08070) d is the unconditional estimate's, and the step goes to D.
import { lincomb } from "../../tensor/lincomb.ts";
import { slope } from "./move.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 1, one evaluation per step. */
export async function gradientEstimation(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { onStep, gamma = 2, unconditional }: OptionsWith<"gamma" | "unconditional">,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  let previous: Float32Array | undefined;
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    const d = slope(x, unconditional?.() ?? denoised, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    const correction = previous && next > 0 ? (gamma - 1) * (next - sigma) : 0;
    x = lincomb([1, denoised], [next + correction, d], [-correction, previous ?? d]);
    previous = d;
  }
  return x;
}
