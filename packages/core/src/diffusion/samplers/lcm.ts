// Multistep consistency sampling: Y. Song et al., arXiv 2303.01469, algorithm 1; latent consistency models, arXiv 2310.04378.
import { lincomb } from "../../tensor/lincomb.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** One evaluation per step: to the data, and back to the next level with fresh noise. Needs a consistency model. */
export async function lcm(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { noise, onStep, sNoise = 1 }: OptionsWith<"sNoise">,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    x = next > 0 ? lincomb([1, denoised], [sNoise * next, noise(sigma, next)]) : denoised;
  }
  return x;
}
