// ER-SDE: the reverse SDE with a noise share φ of its own, whose linear part is solved exactly and D expanded in σ. Q. Cui et al., arXiv
// 2309.06169, algorithms 1–3. With φ(σ) = σ·(e^(σ^0.3) + 10) (their ER-SDE 5) and r = φ(σ')/φ(σ):
//   x' = r·x + (1−r)·D + (Δ + φ(σ')·∫dτ/φ)·D₁ + (Δ²/2 + φ(σ')·∫(τ−σ)dτ/φ)·D₂ + √(σ'² − r²σ²)·n,   Δ = σ' − σ, ∫ from σ' to σ
import { lincomb } from "../../tensor/lincomb.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 1, 2 or 3 of its deterministic part, after a warm-up; one evaluation per step; SDE. */
export async function erSde(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { noise, onStep, order = 3, sNoise = 1 }: OptionsWith<"order" | "sNoise">,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  const history: { denoised: Float32Array; derivative?: Float32Array }[] = []; // newest first
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    if (next === 0) {
      x = denoised;
      continue;
    }
    const [r, delta] = [phi(next) / phi(sigma), next - sigma];
    const [integral, momentum] = integrals(next, sigma);
    x = lincomb([r, x], [1 - r, denoised]);
    // D₁ and D₂ by differences of the estimates so far.
    const [last, before] = history;
    const width = sigma - sigmas[i - 1];
    const derivative = last && order > 1 ? lincomb([1 / width, denoised], [-1 / width, last.denoised]) : undefined;
    if (derivative) x = lincomb([1, x], [delta + phi(next) * integral, derivative]);
    if (derivative && before && last.derivative && order > 2) {
      const weight = ((delta ** 2 / 2 + phi(next) * momentum) * 2) / (sigma - sigmas[i - 2]);
      x = lincomb([1, x], [weight, derivative], [-weight, last.derivative]);
    }
    x = lincomb([1, x], [sNoise * Math.sqrt(Math.max(next ** 2 - (r * sigma) ** 2, 0)), noise(sigma, next)]);
    history.unshift({ denoised, derivative });
    history.splice(2);
  }
  return x;
}

const phi = (sigma: number): number => sigma * (Math.exp(sigma ** 0.3) + 10);

const POINTS = 200; // of the integrals, each taken at the lower end of its piece, as implementations have it

// ∫ dτ/φ(τ) and ∫ (τ − high)/φ(τ) dτ from `low` to `high`.
function integrals(low: number, high: number): [number, number] {
  const piece = (high - low) / POINTS;
  let [sum, momentum] = [0, 0];
  for (let k = 0; k < POINTS; k++) {
    const tau = low + k * piece;
    sum += piece / phi(tau);
    momentum += ((tau - high) * piece) / phi(tau);
  }
  return [sum, momentum];
}
