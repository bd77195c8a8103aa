// Multistep consistency sampling with the floor ε the model was trained down to: Y. Song et al., arXiv 2303.01469, algorithm 1. At ε = 0
// it is lcm.
import { lincomb } from "../../tensor/lincomb.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** One evaluation per step: to the data, and back to the next level with fresh noise. Needs a consistency model. */
export async function consistency(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { noise, onStep, sNoise = 1, floor = 0.002 }: OptionsWith<"sNoise" | "floor">,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    x =
      next > floor
        ? lincomb([1, denoised], [sNoise * Math.sqrt(next ** 2 - floor ** 2), noise(sigma, next)])
        : denoised;
  }
  return x;
}
