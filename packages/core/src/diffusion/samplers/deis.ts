// DEIS, log-ρ Adams–Bashforth: the predicted noise so far is interpolated by a polynomial in log σ, and integrated over σ. Q. Zhang and
// Y. Chen, arXiv 2204.13902, §3.3 (ρ is our σ). x' = x + Σ ε_j ∫ ℓ_j(log τ) dτ, and dτ = e^u du with u = log τ.
import { lincomb } from "../../tensor/lincomb.ts";
import { exponentialWeights } from "./exponential-integral.ts";
import { slope } from "./move.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Order 1 to 4 after a warm-up of lower ones; one evaluation per step. */
export async function deis(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { onStep, order = 3, lowerOrderFinal = false }: OptionsWith<"order" | "lowerOrderFinal">,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  const history: Float32Array[] = []; // ε, newest first
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    history.unshift(slope(x, denoised, sigma));
    history.splice(order);
    if (next === 0) x = denoised;
    if (next === 0 || next === sigma) continue; // log σ' is infinite, or there is nowhere to go
    const stepOrder = Math.min(history.length, lowerOrderFinal ? steps - i : order);
    const nodes = history.slice(0, stepOrder).map((_, j) => Math.log(sigmas[i - j]));
    const weights = exponentialWeights(nodes, nodes[0], Math.log(next), 1);
    x = lincomb([1, x], ...weights.map((weight, j) => [next * weight, history[j]] as const));
  }
  return x;
}
