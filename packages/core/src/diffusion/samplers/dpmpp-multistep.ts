// DPM-Solver++ multistep, as ODE and SDE: C. Lu et al., arXiv 2211.01095, algorithm 2 and appendix; SDE form with η: k-diffusion.
// dpmpp_2m, dpmpp_2m_sde, dpmpp_3m, dpmpp_3m_sde are this function at order 2 or 3 and η = 0 or 1.
// In λ = −log σ the exact step over h is linear in x and an exponential integral of D, expanded around the current D:
//   x' = (σ'/σ)·e^(−ηh)·x + (1 − e^(−H))·D + c₁·D₁ − φ₃·D₂ + σ'·√(1 − e^(−2ηh))·n,   H = (1+η)h
// D₁ and D₂ are the scaled first and second derivatives of D in λ, from the estimates before.
import { lincomb } from "../../tensor/lincomb.ts";
import type { Denoise, OptionsWith } from "./types.ts";

type Options = OptionsWith<
  "order" | "eta" | "sNoise" | "solverType" | "lowerOrderFinal" | "eulerAtFinal" | "diffusersThirdOrder"
>;
type Term = readonly [coefficient: number, array: Float32Array];

/** Order 1, 2 or 3 after a warm-up of lower ones, one evaluation per step; ODE at η = 0, SDE above. */
export async function dpmppMultistep(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  options: Options,
): Promise<Float32Array> {
  const { noise, onStep, order = 2, eta = 0, sNoise = 1, lowerOrderFinal = false, eulerAtFinal = false } = options;
  const steps = sigmas.length - 1;
  const history: Float32Array[] = []; // D, newest first
  for (let i = 0; i < steps; i++) {
    const [sigma, next] = [sigmas[i], sigmas[i + 1]];
    const denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    history.unshift(denoised);
    history.splice(order);
    if (next === 0) x = denoised;
    if (next === 0 || next === sigma) continue; // λ' is infinite, or there is nowhere to go
    const left = steps - i; // steps to go, this one included
    const stepOrder = Math.min(history.length, lowerOrderFinal || (eulerAtFinal && left === 1) ? left : order);
    const h = Math.log(sigma / next);
    const H = (1 + eta) * h;
    const terms: Term[] = [
      [(next / sigma) * Math.exp(-eta * h), x],
      [-Math.expm1(-H), denoised],
      ...corrections[stepOrder - 1](history, stepRatios(sigmas, i, h), H, options),
    ];
    if (eta > 0) terms.push([sNoise * next * Math.sqrt(-Math.expm1(-2 * eta * h)), noise(sigma, next)]);
    x = lincomb(...terms);
  }
  return x;
}

// r₀ = h₋₁/h, r₁ = h₋₂/h: the two steps before, in λ, against this one.
function stepRatios(sigmas: readonly number[], i: number, h: number): [number, number] {
  return [Math.log(sigmas[i - 1] / sigmas[i]) / h, Math.log(sigmas[i - 2] / sigmas[i - 1]) / h];
}

// c₁·D₁ − φ₃·D₂ by order, as terms in the estimates themselves.
const corrections: ((history: Float32Array[], ratios: [number, number], H: number, options: Options) => Term[])[] = [
  () => [],
  ([d0, d1], [r0], H, { solverType = "midpoint" }) => {
    const c1 = solverType === "midpoint" ? -Math.expm1(-H) / 2 : phi2(H);
    return [
      [c1 / r0, d0],
      [-c1 / r0, d1],
    ];
  },
  ([d0, d1, d2], [r0, r1], H, { diffusersThirdOrder = false, eta = 0 }) => {
    // D₁ = δ₀ + r₀/(r₀+r₁)·(δ₀ − δ₁) and D₂ = (δ₀ − δ₁)/(r₀+r₁), with δ₀ = (d₀ − d₁)/r₀, δ₁ = (d₁ − d₂)/r₁.
    // diffusers' SDE step has −½ where the integral gives +½ in −φ₃.
    const phi3 = phi2(H) / H - 0.5 + Number(diffusersThirdOrder && eta > 0);
    const slope = phi2(H);
    const difference = (phi2(H) * r0 - phi3) / (r0 + r1);
    const [delta0, delta1] = [(slope + difference) / r0, -difference / r1];
    return [
      [delta0, d0],
      [delta1 - delta0, d1],
      [-delta1, d2],
    ];
  },
];

/** φ₂ scaled: (e^(−H) − 1)/H + 1. */
const phi2 = (H: number) => Math.expm1(-H) / H + 1;
