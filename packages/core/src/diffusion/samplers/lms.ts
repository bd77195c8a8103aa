// Linear multistep (Adams–Bashforth on the given, unequal σ steps): the slopes so far are interpolated by a polynomial in σ, and
// its integral is the step. K. Crowson, k-diffusion.
import { lincomb } from "../../tensor/lincomb.ts";
import { slope } from "./move.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/** Steps of order 4 after a warm-up of orders 1, 2, 3; one evaluation per step. */
export async function lms(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { onStep, order = 4 }: OptionsWith<"order">,
): Promise<Float32Array> {
  const steps = sigmas.length - 1;
  const slopes: Float32Array[] = []; // newest first
  for (let i = 0; i < steps; i++) {
    const denoised = await denoise(x, sigmas[i]);
    await onStep?.({ step: i, steps, sigma: sigmas[i], x, denoised });
    slopes.unshift(slope(x, denoised, sigmas[i]));
    slopes.splice(order);
    const nodes = slopes.map((_, j) => sigmas[i - j]);
    const step = lincomb(...slopes.map((d, j) => [lagrangeIntegral(nodes, j, sigmas[i], sigmas[i + 1]), d] as const));
    x = lincomb([1, x], [1, step]);
  }
  return x;
}

// ∫ₐᵇ Π_{k≠j} (τ − τ_k)/(τ_j − τ_k) dτ by 4-point Gauss–Legendre: exact up to degree 7.
function lagrangeIntegral(nodes: readonly number[], j: number, a: number, b: number): number {
  let sum = 0;
  for (const [position, weight] of gaussLegendre4) {
    const tau = (a + b + (b - a) * position) / 2;
    let basis = 1;
    for (const [k, node] of nodes.entries()) if (k !== j) basis *= (tau - node) / (nodes[j] - node);
    sum += weight * basis;
  }
  return (sum * (b - a)) / 2;
}

// Positions √(3/7 ∓ 2/7·√(6/5)) and weights (18 ± √30)/36 on [−1, 1].
const gaussLegendre4 = [1, -1].flatMap((sign) => {
  const position = Math.sqrt(3 / 7 - ((sign * 2) / 7) * Math.sqrt(6 / 5));
  const weight = (18 + sign * Math.sqrt(30)) / 36;
  return [
    [position, weight],
    [-position, weight],
  ] as const;
});
