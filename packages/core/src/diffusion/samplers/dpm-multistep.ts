// DPM-Solver multistep, which expands the predicted noise where DPM-Solver++ expands the data: C. Lu et al., arXiv 2206.00927.
// Kept for configs that ask for it; DPM-Solver++ is steadier under guidance. In σ-space, with e^h = σ/σ':
//   x' = x − k·[σ'(e^h − 1)·ε + c₁·ε₁ + c₂·ε₂] + √(σ² − σ'²)·n,   k = 1 for the ODE, 2 for the SDE
import { lincomb } from "../../tensor/lincomb.ts";
import { slope } from "./move.ts";
import type { Denoise, OptionsWith } from "./types.ts";

type Options = OptionsWith<"order" | "eta" | "sNoise" | "solverType" | "lowerOrderFinal" | "eulerAtFinal">;

/** Order 1, 2 or (ODE) 3 after a warm-up of lower ones, one evaluation per step; ODE at η = 0, SDE at η = 1. */
export async function dpmMultistep(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  options: Options,
): Promise<Float32Array> {
  const {
    noise,
    onStep,
    order = 2,
    eta = 0,
    sNoise = 1,
    solverType = "midpoint",
    lowerOrderFinal = false,
    eulerAtFinal = false,
  } = options;
  if ((eta !== 0 && eta !== 1) || (eta === 1 && order > 2)) {
    throw new RangeError(
      `Cannot run dpm_multistep: eta ${eta} with order ${order} (eta 0 with order 1 to 3, or eta 1 with order 1 or 2)`,
    );
  }
  const steps = sigmas.length - 1;
  const history: Float32Array[] = []; // ε, newest first
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    history.unshift(slope(x, denoised, sigma));
    history.splice(order);
    if (next === 0) x = denoised;
    if (next === 0 || next === sigma) continue; // λ' is infinite, or there is nowhere to go
    const left = steps - i;
    const stepOrder = Math.min(history.length, lowerOrderFinal || (eulerAtFinal && left === 1) ? left : order);
    const h = Math.log(sigma / next);
    const [r0, r1] = [Math.log(sigmas[i - 1] / sigma) / h, Math.log(sigmas[i - 2] / sigmas[i - 1]) / h];
    const k = 1 + eta;
    const phi1 = next * Math.expm1(h);
    const phi2 = next * (Math.expm1(h) / h - 1);
    const phi3 = next * ((Math.expm1(h) - h) / h ** 2 - 0.5);
    // Weights of ε's scaled derivatives, then of the divided differences δ₀ = (ε₀ − ε₁)/r₀, δ₁ = (ε₁ − ε₂)/r₁.
    const first = stepOrder === 1 ? 0 : stepOrder === 2 && solverType === "midpoint" ? phi1 / 2 : phi2;
    const difference = stepOrder === 3 ? (first * r0 + phi3) / (r0 + r1) : 0;
    const [delta0, delta1] = [stepOrder > 1 ? (first + difference) / r0 : 0, stepOrder > 2 ? -difference / r1 : 0];
    const weights = [phi1 + delta0, delta1 - delta0, -delta1].slice(0, stepOrder);
    x = lincomb([1, x], ...history.slice(0, stepOrder).map((eps, j) => [-k * weights[j], eps] as const));
    if (eta > 0) x = lincomb([1, x], [sNoise * Math.sqrt(sigma ** 2 - next ** 2), noise(sigma, next)]);
  }
  return x;
}
