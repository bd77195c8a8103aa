// DPM-Solver and DPM-Solver++, singlestep: blocks of one, two or three steps, each of which starts again from where the block began, with
// one order more. C. Lu et al., arXiv 2206.00927, §3.4 and arXiv 2211.01095, §4; laid out over given levels as in diffusers.
// In λ = −log σ, over h from the block's start (x, m₀), with H = −(1+η)h for the data and h for the noise:
//   x' = a·x − s·[(e^H − 1)·m₀ + c₁·D₁ + c₂·D₂] + σ'·√(1 − e^(−2ηh))·n
// (a, s) = (σ'/σ·e^(−ηh), 1) when m is the data and (1, σ') when it is the noise; D₁, D₂: scaled derivatives of m in λ.
import { lincomb } from "../../tensor/lincomb.ts";
import { slope } from "./move.ts";
import type { Denoise, OptionsWith } from "./types.ts";

type Options = OptionsWith<
  "order" | "orders" | "eta" | "sNoise" | "solverType" | "lowerOrderFinal" | "extrapolates" | "diffusersThirdOrder"
>;
type Term = readonly [coefficient: number, array: Float32Array];

/** Order 1, 2 or 3; one evaluation per step; ODE at η = 0, SDE above (for the data). */
export async function singlestep(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  options: Options,
): Promise<Float32Array> {
  const { noise, onStep, order = 2, eta = 0, sNoise = 1, lowerOrderFinal = true, extrapolates = "denoised" } = options;
  const steps = sigmas.length - 1;
  const data = extrapolates === "denoised";
  if (!data && eta > 0) throw new RangeError(`Cannot run dpm_singlestep: eta ${eta} (0 is wanted)`);
  const toZero = sigmas[steps] === 0;
  const { orders = blockOrders(steps, order, { complete: lowerOrderFinal || toZero, toZero }) } = options;
  let start = x; // of the block
  const models: Float32Array[] = []; // m, newest first
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    models.unshift(data ? denoised : slope(x, denoised, sigma));
    models.splice(3);
    const stepOrder = Math.min(orders[i], models.length);
    if (stepOrder === 1) start = x;
    const from = sigmas[i + 1 - stepOrder]; // the block's first level
    if (next === 0) x = denoised;
    if (next === 0 || next === sigma) continue;
    const h = Math.log(from / next);
    const H = data ? -(1 + eta) * h : h;
    const [a, s] = data ? [(next / from) * Math.exp(-eta * h), 1] : [1, next];
    const ratios = sigmas.slice(i + 2 - stepOrder, i + 1).map((level) => Math.log(from / level) / h);
    const inBlock = models.slice(0, stepOrder).reverse(); // m₀ at its first level
    const scaledTerms = [
      [Math.expm1(H), inBlock[0]] as Term,
      ...corrections[stepOrder - 1](inBlock, ratios, H, options),
    ];
    x = lincomb([a, start], ...scaledTerms.map(([weight, model]) => [-s * weight, model] as const));
    if (eta > 0) {
      x = lincomb([1, x], [sNoise * next * Math.sqrt(-Math.expm1(-2 * eta * h)), noise(from, next)]);
    }
  }
  return x;
}

/**
 * The orders of the steps: 1, 2, 3, 1, 2, 3, … `complete`: where the last block would be a whole one, it ends at order 1 instead.
 * `toZero`: the last step is of order 1.
 */
export function blockOrders(
  steps: number,
  order: number,
  { complete, toZero }: { complete: boolean; toZero: boolean },
): number[] {
  const orders = Array.from({ length: steps }, (_, i) => (i % order) + 1);
  if (toZero || (complete && steps % order === 0)) orders[steps - 1] = 1;
  return orders;
}

// c₁·D₁ + c₂·D₂ by order, from m at the block's first levels; r: where the later ones lie in the step.
const corrections: ((m: Float32Array[], r: number[], H: number, options: Options) => Term[])[] = [
  () => [],
  ([m0, m1], [r1], H, { solverType = "midpoint" }) => {
    const c1 = solverType === "midpoint" ? Math.expm1(H) / 2 : phi2(H);
    return [
      [-c1 / r1, m0],
      [c1 / r1, m1],
    ];
  },
  ([m0, m1, m2], [r1, r2], H, { solverType = "midpoint", diffusersThirdOrder = false, eta = 0 }) => {
    if (solverType === "midpoint") {
      return [
        [-phi2(H) / r2, m0],
        [phi2(H) / r2, m2],
      ];
    }
    // D₁ = (r₂δ₁ − r₁δ₂)/(r₂ − r₁), D₂ = 2(δ₂ − δ₁)/(r₂ − r₁) with δ_k = (m_k − m₀)/r_k; φ₃'s sign in diffusers' SDE step as in
    // dpmpp-multistep.ts.
    const phi3 = (Math.expm1(H) - H) / H ** 2 - 0.5 + Number(diffusersThirdOrder && eta > 0);
    const [w1, w2] = [(r2 * phi2(H) - 2 * phi3) / (r2 - r1) / r1, (2 * phi3 - r1 * phi2(H)) / (r2 - r1) / r2];
    return [
      [-w1 - w2, m0],
      [w1, m1],
      [w2, m2],
    ];
  },
];

/** φ₂ scaled: (e^H − 1)/H − 1. */
const phi2 = (H: number) => Math.expm1(H) / H - 1;
