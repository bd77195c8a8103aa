// UniPC: W. Zhao et al., arXiv 2302.04867, algorithms 5–8. A multistep predictor (UniP) whose result is corrected (UniC) when the
// network has seen it, so the correction costs no evaluation. In λ = −log σ, over a step h, with H = −h for the data and h for noise:
//   x' = a·x − s·[(e^H − 1)·m₀ + B(H)·Σ ρ_k·(m_k − m₀)/r_k]
// (a, s) = (σ'/σ, 1) when m is the data D and (1, σ') when it is the noise; ρ solves a small Vandermonde system.
import { lincomb } from "../../tensor/lincomb.ts";
import { slope } from "./move.ts";
import type { Denoise, OptionsWith } from "./types.ts";

type Options = OptionsWith<"order" | "solverVariant" | "lowerOrderFinal" | "extrapolates" | "disableCorrector">;

/** Order p = 1, 2, 3, … (p+1 with the corrector) after a warm-up of lower ones; one evaluation per step. */
export async function unipc(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  options: Options,
): Promise<Float32Array> {
  const { onStep, order = 2, lowerOrderFinal = true, extrapolates = "denoised", disableCorrector = [] } = options;
  const steps = sigmas.length - 1;
  const models: Float32Array[] = []; // m at sigmas[i], sigmas[i−1], …
  let start = x; // where the step under way began
  let stepOrder = 1;
  for (let i = 0; i < steps; i++) {
    const denoised = await denoise(x, sigmas[i]);
    await onStep?.({ step: i, steps, sigma: sigmas[i], x, denoised });
    const model = extrapolates === "denoised" ? denoised : slope(x, denoised, sigmas[i]);
    if (i > 0 && !disableCorrector.includes(i - 1)) {
      x = update(start, models, sigmas, { ...options, from: i - 1, order: stepOrder, corrected: model });
    }
    models.unshift(model);
    models.splice(order);
    start = x;
    stepOrder = Math.min(order, models.length, lowerOrderFinal ? steps - i : order);
    x = sigmas[i + 1] === 0 ? denoised : update(x, models, sigmas, { ...options, from: i, order: stepOrder });
  }
  return x;
}

interface Update extends Options {
  /** Index of the step's first noise level. */
  from: number;
  order: number;
  /** m at the end of the step: given, this is the corrector. */
  corrected?: Float32Array;
}

function update(
  x: Float32Array,
  models: readonly Float32Array[],
  sigmas: readonly number[],
  options: Update,
): Float32Array {
  const { from, order, corrected, solverVariant = "bh2", extrapolates = "denoised" } = options;
  const [sigma, next] = [sigmas[from], sigmas[from + 1]];
  if (next === sigma) return x;
  const h = Math.log(sigma / next);
  const [H, a, s] = extrapolates === "denoised" ? [-h, next / sigma, 1] : [h, 1, next];
  // r_k: the earlier levels, and 1 for the step's end, in units of h.
  const earlier = Array.from({ length: order - 1 }, (_, k) => Math.log(sigma / sigmas[from - 1 - k]) / h);
  const ratios = corrected ? [...earlier, 1] : earlier;
  const others = corrected ? [...models.slice(1, order), corrected] : models.slice(1, order);
  const B = solverVariant === "bh1" ? H : Math.expm1(H);
  const rho = weights(ratios, H, B);
  const differences = others.map((_, k) => (s * B * rho[k]) / ratios[k]);
  const total = differences.reduce((sum, value) => sum + value, 0);
  return lincomb(
    [a, x],
    [total - s * Math.expm1(H), models[0]],
    ...others.map((other, k) => [-differences[k], other] as const),
  );
}

// ρ with Σ_k r_k^(j−1)·ρ_k = b_j = j!·φ_{j+1}(H)·H/B(H), j = 1 … K. A single ρ is ½, the paper's simplification.
function weights(ratios: readonly number[], H: number, B: number): number[] {
  if (ratios.length === 1) return [0.5];
  let phi = Math.expm1(H) / H - 1; // H·φ₂(H)
  let factorial = 1;
  const b = ratios.map((_, j) => {
    const value = (phi * factorial) / B;
    factorial *= j + 2;
    phi = phi / H - 1 / factorial;
    return value;
  });
  return solve(
    ratios.map((_, j) => ratios.map((r) => r ** j)),
    b,
  );
}

// Gaussian elimination with partial pivoting.
function solve(matrix: number[][], right: number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]]);
  for (const [i] of rows.entries()) {
    const pivot = rows.reduce((best, row, k) => (k > i && Math.abs(row[i]) > Math.abs(rows[best][i]) ? k : best), i);
    [rows[i], rows[pivot]] = [rows[pivot], rows[i]];
    for (let k = 0; k < rows.length; k++) {
      if (k === i) continue;
      const factor = rows[k][i] / rows[i][i];
      rows[k] = rows[k].map((value, column) => value - factor * rows[i][column]);
    }
  }
  return rows.map((row, i) => row[rows.length] / row[i]);
}
