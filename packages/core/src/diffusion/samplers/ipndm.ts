// iPNDM: Adams–Bashforth on the slopes dx/dσ with the weights of equal steps, whatever the steps are. L. Liu et al., arXiv 2202.09778,
// without its Runge–Kutta warm-up; Q. Zhang and Y. Chen, arXiv 2204.13902, §3.3. With weights that follow the steps (iPNDM-v) it is lms.
import { lincomb } from "../../tensor/lincomb.ts";
import { slope } from "./move.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 4 on equal steps, else 1; one evaluation per step. */
export async function ipndm(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { onStep, order = 4 }: OptionsWith<"order">,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  const slopes: Float32Array[] = []; // newest first
  for (let i = 0; i < steps; i++) {
    const denoised = await denoise(x, sigmas[i]);
    await onStep?.({ step: i, steps, sigma: sigmas[i], x, denoised });
    slopes.unshift(slope(x, denoised, sigmas[i]));
    slopes.splice(Math.min(order, adamsBashforthWeights.length));
    const weights = adamsBashforthWeights[slopes.length - 1];
    const h = sigmas[i + 1] - sigmas[i];
    x = lincomb([1, x], ...slopes.map((d, j) => [h * weights[j], d] as const));
  }
  return x;
}

/** Adams–Bashforth weights on equal steps by order, the newest slope's first. */
export const adamsBashforthWeights = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
];
