// SEEDS-2: the exponential Runge–Kutta method of second order for the reverse SDE, with one inner evaluation at λ + rh. M. Gonzalez et
// al., arXiv 2305.14267. At η = 0 with the weight φ₂ it is the single-step refined exponential solver (arXiv 2308.02157), and at r = 1 the
// exponential Heun method. There is one path of noise: what the inner point was given carries on to the end of the step.
import { lincomb } from "../../tensor/lincomb.ts";
import { phi1, phi2, sdeStep } from "./exponential-step.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 2, two evaluations per step; SDE, an ODE at η = 0. */
export async function seeds2(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  options: OptionsWith<"eta" | "sNoise" | "r" | "solverType">,
): Promise<Float32Array> {
  const { noise, onStep, eta = 1, sNoise = 1, r = 1 / 2, solverType = "midpoint" } = options;
  const steps = sigmas.length - 1;
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    if (next === 0) {
      x = denoised;
      continue;
    }
    const s = r === 1 ? next : sigma * (next / sigma) ** r;
    const [inner, rest, whole] = [sdeStep(sigma, s, eta), sdeStep(s, next, eta), sdeStep(sigma, next, eta)];
    const innerNoise = eta > 0 ? [[sNoise * inner.noise, noise(sigma, s)] as const] : [];
    const restNoise = eta > 0 && r < 1 ? [[sNoise * rest.noise, noise(s, next)] as const] : [];
    const xInner = lincomb([inner.decay, x], [phi1(inner.H), denoised], ...innerNoise);
    const denoisedInner = await denoise(xInner, s);
    const weight = (solverType === "midpoint" ? phi1(whole.H) / 2 : phi2(whole.H)) / r;
    x = lincomb(
      [whole.decay, x],
      [phi1(whole.H) - weight, denoised],
      [weight, denoisedInner],
      ...innerNoise.map(([scale, n]) => [rest.decay * scale, n] as const),
      ...restNoise,
    );
  }
  return x;
}
