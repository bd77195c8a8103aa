// DPM-Solver-12 and -23: steps whose length follows the difference of two orders. C. Lu et al., arXiv 2206.00927, appendix C; with the
// step control of a PID (G. Söderlind, "Digital filters in adaptive time-stepping", 2003), as in k-diffusion.
import { lincomb } from "../../tensor/lincomb.ts";
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

const f32 = Math.fround;

type Options = OptionsWith<
  "order" | "eta" | "sNoise" | "relativeTolerance" | "absoluteTolerance" | "firstStep" | "acceptSafety" | "pid"
>;

/**
 * Order 2 or 3; as many evaluations as the tolerances ask for, from the first level given to the last above 0, and one more to reach a
 * final 0.
 */
export async function dpmAdaptive(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  options: Options,
): Promise<Float32Array> {
  const { noise, onStep, order = 3, eta = 0, sNoise = 1 } = options;
  if (order !== 2 && order !== 3) throw new RangeError(`Cannot run dpm_adaptive: order ${order} (2 or 3 is wanted)`);
  const toZero = sigmas[sigmas.length - 1] === 0;
  const end = lambdaOf(sigmas[sigmas.length - (toZero ? 2 : 1)]);
  const control = stepControl(order, options);
  let lambda = lambdaOf(sigmas[0]);
  let previous = x; // the lower-order result of the last step taken
  let attempt = 0;
  while (lambda < end - 1e-5) {
    const sigma = sigmaOf(lambda);
    const next = Math.min(end, f32(lambda + f32(control.h)));
    const { to, up } = ancestralLambda(lambda, next, { eta, end });
    const denoised = await denoise(x, sigma);
    // How many steps there will be is not known before: at least this many.
    await onStep?.({ step: attempt, steps: Math.max(attempt + 2, sigmas.length - 1), sigma, x, denoised });
    const start = { x, lambda, eps: slope(x, denoised, sigma) };
    const inner = await innerEstimate(denoise, start, to, order === 2 ? 1 / 2 : 1 / 3);
    const low = order === 2 ? firstOrder(start, to) : secondOrder(start, to, inner);
    const high = order === 2 ? secondOrder(start, to, inner) : await thirdOrder(denoise, start, to, inner);
    if (control.accepts(errorOf(low, high, previous, options))) {
      previous = low;
      x = eta > 0 ? lincomb([1, high], [sNoise * up, noise(sigma, sigmaOf(next))]) : high;
      lambda = next;
    }
    attempt++;
  }
  if (!toZero) return x;
  const denoised = await denoise(x, sigmaOf(end));
  await onStep?.({ step: attempt, steps: Math.max(attempt + 1, sigmas.length - 1), sigma: sigmaOf(end), x, denoised });
  return denoised;
}

// The root mean square of the difference between both orders, 1 being the tolerance.
function errorOf(
  low: Float32Array,
  high: Float32Array,
  previous: Float32Array,
  { relativeTolerance = 0.05, absoluteTolerance = 0.0078 }: Options,
): number {
  let squares = 0;
  for (const [i, value] of low.entries()) {
    const scale = Math.max(Math.abs(value), Math.abs(previous[i]));
    const allowed = Math.max(f32(absoluteTolerance), f32(f32(relativeTolerance) * scale));
    squares += f32(f32(value - high[i]) / allowed) ** 2;
  }
  return Math.sqrt(squares / low.length);
}

// h, the next step in log σ, and whether a step with this error (1 = the tolerance) may stand.
function stepControl(order: number, { eta = 0, firstStep = 0.05, acceptSafety = 0.81, pid = [0, 1, 0] }: Options) {
  const [p, i, d] = pid;
  const errorOrder = eta > 0 ? 1.5 : order;
  const exponents = [(p + i + d) / errorOrder, -(p + 2 * d) / errorOrder, d / errorOrder];
  let h = firstStep;
  let history: number[] | undefined; // 1/error of this attempt and of the two steps taken before
  return {
    get h() {
      return h;
    },
    accepts(error: number): boolean {
      const inverse = 1 / (error + 1e-8);
      history = [inverse, ...(history?.slice(1) ?? [inverse, inverse])];
      const raw = history.reduce((product, value, k) => product * value ** exponents[k], 1);
      const factor = 1 + Math.atan(raw - 1);
      const accepted = factor >= acceptSafety;
      if (accepted) history = [history[0], history[0], history[1]];
      h *= factor;
      return accepted;
    },
  };
}
