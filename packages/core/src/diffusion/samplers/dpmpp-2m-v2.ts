// A variant of DPM-Solver++(2M) that takes the mean of this step's length and the last one's in the exponential. It comes from a
// discussion among users and has no paper; stable-diffusion.cpp has it. On steps that are equal in log σ it is 2M.
import { lincomb } from "../../tensor/lincomb.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 2 on equal steps, else lower; one evaluation per step. */
export async function dpmpp2mV2(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { onStep }: OptionsWith,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  let previous: Float32Array | undefined;
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    if (!previous || next === 0) {
      x = lincomb([next / sigma, x], [1 - next / sigma, denoised]);
    } else {
      const [h, hLast] = [Math.log(sigma / next), Math.log(sigmas[i - 1] / sigma)];
      const weight = Math.min(h, hLast) / Math.max(h, hLast) / 2;
      const share = -Math.expm1(-(h + hLast) / 2);
      x = lincomb([next / sigma, x], [share * (1 + weight), denoised], [-share * weight, previous]);
    }
    previous = denoised;
  }
  return x;
}
