// SEEDS-3: the exponential Runge–Kutta method of third order for the reverse SDE, inner evaluations at λ + h/3 and λ + 2h/3. M. Gonzalez
// et al., arXiv 2305.14267; its deterministic part is DPM-Solver++(3S) (arXiv 2211.01095).
import { lincomb } from "../../tensor/lincomb.ts";
import { phi1, phi2, sdeStep } from "./exponential-step.ts";
import type { Denoise, OptionsWith } from "./types.ts";

const [R1, R2] = [1 / 3, 2 / 3];

/** Order 3, three evaluations per step; SDE, an ODE at η = 0. */
export async function seeds3(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { noise, onStep, eta = 1, sNoise = 1 }: OptionsWith<"eta" | "sNoise">,
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
    const levels = [sigma, sigma * (next / sigma) ** R1, sigma * (next / sigma) ** R2, next];
    const [, s1, s2] = levels;
    const [to1, to2, whole] = [s1, s2, next].map((level) => sdeStep(sigma, level, eta));
    // The noise at s₁, s₂, σ': each is the one before, decayed, and a new share.
    const noises: Float32Array[] = [];
    for (let k = 0; eta > 0 && k < 3; k++) {
      const part = sdeStep(levels[k], levels[k + 1], eta);
      const fresh = [sNoise * part.noise, noise(levels[k], levels[k + 1])] as const;
      noises.push(k === 0 ? lincomb(fresh) : lincomb([part.decay, noises[k - 1]], fresh));
    }
    const noisy = (estimate: Float32Array, k: number) => (eta > 0 ? lincomb([1, estimate], [1, noises[k]]) : estimate);

    const x1 = noisy(lincomb([to1.decay, x], [phi1(to1.H), denoised]), 0);
    const d1 = await denoise(x1, s1);
    const w1 = (R2 / R1) * phi2(to2.H);
    const x2 = noisy(lincomb([to2.decay, x], [phi1(to2.H) - w1, denoised], [w1, d1]), 1);
    const d2 = await denoise(x2, s2);
    const w2 = phi2(whole.H) / R2;
    x = noisy(lincomb([whole.decay, x], [phi1(whole.H) - w2, denoised], [w2, d2]), 2);
  }
  return x;
}
