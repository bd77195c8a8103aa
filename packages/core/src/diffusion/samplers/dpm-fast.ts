// DPM-Solver-fast: as many third-order steps, equal in log σ, as the number of evaluations allows, then one or two of lower order.
// C. Lu et al., arXiv 2206.00927, §3.4; ancestral form: Crowson, k-diffusion.
import { lincomb } from "../../tensor/lincomb.ts";
import { linspace } from "../spacing.ts";
import {
  ancestralLambda,
  firstOrder,
  innerEstimate,
  lambdaOf,
  secondOrder,
  sigmaOf,
  thirdOrder,
} from "./dpm-solver-step.ts";
import { slope } from "./move.ts";
import type { Denoise, OptionsWith } from "./types.ts";

/**
 * Order 3 but for its last steps; one evaluation per noise level given, of which it reads the first and the last above 0 and lays out its
 * own between them. A final 0 is reached by one denoising.
 */
export async function dpmFast(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  { noise, onStep, eta = 0, sNoise = 1 }: OptionsWith<"eta" | "sNoise">,
): Promise<Float32Array> {
  const toZero = sigmas[sigmas.length - 1] === 0;
  const levels = toZero ? sigmas.slice(0, -1) : sigmas;
  const end = levels[levels.length - 1];
  const orders = ordersFor(levels.length - 1);
  const steps = orders.length + Number(toZero);
  const grid = linspace(lambdaOf(levels[0]), lambdaOf(end), orders.length + 1).map(Math.fround);
  for (const [i, order] of orders.entries()) {
    const [lambda, next] = [grid[i], grid[i + 1]];
    const sigma = sigmaOf(lambda);
    const denoised = await denoise(x, sigma);
    await onStep?.({ step: i, steps, sigma, x, denoised });
    const { to, up } = ancestralLambda(lambda, next, { eta, end: lambdaOf(end) });
    const start = { x, lambda, eps: slope(x, denoised, sigma) };
    if (order === 1) x = firstOrder(start, to);
    else if (order === 2) x = secondOrder(start, to, await innerEstimate(denoise, start, to, 1 / 2));
    else x = await thirdOrder(denoise, start, to, await innerEstimate(denoise, start, to, 1 / 3));
    if (eta > 0) x = lincomb([1, x], [sNoise * up, noise(sigma, sigmaOf(next))]);
  }
  if (!toZero) return x;
  const denoised = await denoise(x, end);
  await onStep?.({ step: steps - 1, steps, sigma: end, x, denoised });
  return denoised;
}

// Orders that add up to the number of evaluations: 3, 3, … and the rest, or 2 and 1 where nothing would be left.
function ordersFor(evaluations: number): number[] {
  const thirds = Math.floor(evaluations / 3);
  if (evaluations % 3 > 0) return [...Array<number>(thirds).fill(3), evaluations % 3];
  return thirds === 0 ? [] : [...Array<number>(thirds - 1).fill(3), 2, 1];
}
