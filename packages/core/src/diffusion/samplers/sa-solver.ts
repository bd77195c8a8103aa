// SA-Solver: a stochastic Adams method, predictor and corrector, whose noise is τ times that of the reverse SDE. S. Xue et al., arXiv
// 2309.05019, algorithm 1. Over h in λ = −log σ, with k = 1 + τ² and ℓ_j interpolating the estimates D_j so far:
//   x' = σ'/σ·e^(−τ²h)·x + k·Σ D_j·∫ e^(k(λ−λ'))·ℓ_j dλ + σ'·√(1 − e^(−2τ²h))·n
// and, expanding the noise ε instead,   x' = x − kσ'·Σ ε_j·∫ e^(λ'−λ)·ℓ_j dλ + τσ'·√(e^(2h) − 1)·n.
// The corrector takes the same step, with the same noise, once the estimate at its end is known; it costs no evaluation (PEC), unless x is
// evaluated again after it (PECE).
import { lincomb } from "../../tensor/lincomb.ts";
import { exponentialWeights } from "./exponential-integral.ts";
import { slope } from "./move.ts";
import type { Denoise, OptionsWith } from "./types.ts";

type Options = OptionsWith<
  | "order"
  | "correctorOrder"
  | "eta"
  | "sNoise"
  | "sTmin"
  | "sTmax"
  | "lowerOrderFinal"
  | "extrapolates"
  | "evaluateAgain"
>;

/** Order 1 to 4 after a warm-up of lower ones; one evaluation per step, two with `evaluateAgain`; SDE, an ODE at η = 0. */
export async function saSolver(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  options: Options,
): Promise<Float32Array> {
  const { noise, onStep, order = 3, correctorOrder = 4, lowerOrderFinal = true, evaluateAgain = false } = options;
  const { eta = 1, sNoise = 1, sTmin = 0, sTmax = Infinity, extrapolates = "denoised" } = options;
  const steps = sigmas.length - 1;
  const lambdas = sigmas.map((sigma) => -Math.log(sigma));
  const models: Float32Array[] = []; // D, or ε, newest first
  let last: Omit<Step, "order"> | undefined; // the step that led here
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    let denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    const modelOf = () => (extrapolates === "denoised" ? denoised : slope(x, denoised, sigma));
    let model = modelOf();
    if (last) {
      const corrected = Math.min(correctorOrder, i + 1, lowerOrderFinal ? steps - i + 2 : Infinity);
      x = update([model, ...models], lambdas, { ...last, newest: i, order: corrected });
      if (evaluateAgain) {
        denoised = await denoise(x, sigma);
        model = modelOf();
      }
    }
    models.unshift(model);
    models.splice(Math.max(order, correctorOrder - 1));
    if (next === 0) return denoised;
    const tau = sTmin <= sigma && sigma <= sTmax ? eta : 0;
    last = { x, from: i, tau, noise: noise(sigma, next), sNoise, data: extrapolates === "denoised", newest: i };
    x = update(models, lambdas, { ...last, order: Math.min(order, i + 1, lowerOrderFinal ? steps - i : Infinity) });
  }
  return x;
}

interface Step {
  readonly x: Float32Array;
  /** Index of the level it leaves. */
  readonly from: number;
  /** Index of the level of the newest estimate: `from` for the predictor, one more for the corrector. */
  readonly newest: number;
  readonly order: number;
  readonly tau: number;
  readonly noise: Float32Array;
  readonly sNoise: number;
  /** The estimates are D, not ε. */
  readonly data: boolean;
}

function update(models: readonly Float32Array[], lambdas: readonly number[], step: Step): Float32Array {
  const { x, from, newest, order, tau, noise, sNoise, data } = step;
  const [lambda, end] = [lambdas[from], lambdas[from + 1]];
  const h = end - lambda;
  if (h === 0) return x;
  const [k, sigmaEnd] = [1 + tau ** 2, Math.exp(-end)];
  const nodes = Array.from({ length: order }, (_, j) => lambdas[newest - j]);
  const weights = exponentialWeights(nodes, lambda, end, data ? k : -1).map((w) => (data ? k * w : -k * sigmaEnd * w));
  if (data && order === 2) {
    // As published: the linear part is integrated to second order only, which few-step runs profit from.
    const change = (k * (h ** 2 / 2 - (h * k - 1 + Math.exp(-k * h)) / k ** 2)) / (nodes[0] - nodes[1]);
    weights[0] += change;
    weights[1] -= change;
  }
  const decay = data ? Math.exp(-(tau ** 2) * h - h) : 1;
  const std = data
    ? sigmaEnd * Math.sqrt(-Math.expm1(-2 * tau ** 2 * h))
    : tau * sigmaEnd * Math.sqrt(Math.expm1(2 * h));
  const moved = lincomb([decay, x], ...weights.map((weight, j) => [weight, models[j]] as const));
  return tau > 0 ? lincomb([1, moved], [sNoise * std, noise]) : moved;
}
