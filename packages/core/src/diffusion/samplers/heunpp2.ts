// Heun++: slopes at the next two levels, weighted by how those compare with the first level of the run, so that the step is close to
// Euler's at the end. It has no paper; ComfyUI has it. With w = 3σ₀: w₂ = σ'/w, w₃ = σ''/w, w₁ = 1 − w₂ − w₃.
import { lincomb } from "../../tensor/lincomb.ts";
import { type ChurnOptions, churned } from "./churn.ts";
import { along, slope } from "./move.ts";
import type { Denoise } from "./types.ts";

/** Order 1; three evaluations per step, two in the last but one and one in the last. */
export async function heunpp2(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  options: ChurnOptions,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  for (let i = 0; i < steps; i++) {
    const [next, afterNext = 0] = [sigmas[i + 1], sigmas[i + 2]];
    const [xHat, sigma] = churned(x, sigmas[i], steps, options);
    const denoised = await denoise(xHat, sigma);
    await options.onStep?.({ step: i, steps, sigma: sigmas[i], x: xHat, denoised });
    const d1 = slope(xHat, denoised, sigma);
    if (next === 0) {
      x = along(xHat, d1, -sigma);
      continue;
    }
    const x2 = along(xHat, d1, next - sigma);
    const d2 = slope(x2, await denoise(x2, next), next);
    const w = (afterNext === 0 ? 2 : 3) * sigmas[0];
    const [w2, w3] = [next / w, afterNext / w];
    let d = lincomb([1 - w2 - w3, d1], [w2, d2]);
    if (afterNext > 0) {
      const x3 = along(x2, d2, afterNext - next);
      d = lincomb([1, d], [w3, slope(x3, await denoise(x3, afterNext), afterNext)]);
    }
    x = along(xHat, d, next - sigma);
  }
  return x;
}
