// DPM-Solver++ as a stochastic solver with an inner evaluation at λ + rh, both parts ancestral: Crowson, k-diffusion, after C. Lu et al.,
// arXiv 2211.01095.
import { lincomb } from "../../tensor/lincomb.ts";
import { ancestralStep } from "./ancestral.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 2, two evaluations per step; SDE, an ODE at η = 0. */
export async function dpmppSde(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { noise, onStep, eta = 1, sNoise = 1, r = 1 / 2 }: OptionsWith<"eta" | "sNoise" | "r">,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    if (next === 0) {
      x = denoised;
      continue;
    }
    // Both parts start from x: to s, and with what was seen there to σ'.
    const part = (to: number, estimate: Float32Array) => {
      const { down, up } = ancestralStep(sigma, to, eta);
      const moved = lincomb([down / sigma, x], [1 - down / sigma, estimate]);
      return eta > 0 ? lincomb([1, moved], [sNoise * up, noise(sigma, to)]) : moved;
    };
    const s = sigma * (next / sigma) ** r;
    const inner = await denoise(part(s, denoised), s);
    x = part(next, lincomb([1 - 1 / (2 * r), denoised], [1 / (2 * r), inner]));
  }
  return x;
}
