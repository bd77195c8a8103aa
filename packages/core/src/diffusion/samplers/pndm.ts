// Pseudo numerical methods: L. Liu et al., arXiv 2202.09778. A "transfer" moves a sample between noise levels along a given
// prediction (their eq. 11, DDIM's step); Runge–Kutta or Adams–Bashforth coefficients combine the predictions.
// plms: the warm-up is one Heun-like step (latent-diffusion's PLMS). pndm: three Runge–Kutta steps of order 4.
// Samples are variance-preserving here, y = x/√(1+σ²), and the history holds raw network outputs: both matter where rounded
// timesteps make a call's levels disagree with the grid, and for v-prediction.
import { lincomb, scaled } from "../../tensor/lincomb.ts";
import { type Parameterization, scalingOf, toOutput } from "../parameterization.ts";
import { adamsBashforthWeights } from "./ipndm.ts";
import type { Denoise, OptionsWith, SamplerOptions } from "./types.ts";

/** One network call: evaluated at level `at`, its result moves a sample from level `from` to level `to`. */
export interface PndmCall {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

type PndmOptions = OptionsWith<"calls" | "prediction">;

/** Order 2 on unequal σ steps (4 on equal ones); one evaluation per step and one more. */
export async function plms(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  options: PndmOptions,
): Promise<Float32Array> {
  const { calls = plmsCalls(sigmas), prediction = "epsilon" } = options;
  const history: Float32Array[] = [];
  let start = x; // the sample before the first step, which is taken twice
  return run(denoise, x, calls, options, (y, output, i) => {
    if (i === 0) start = y;
    if (i === 1) return transfer(prediction, start, lincomb([1 / 2, output], [1 / 2, history[0]]), calls[1]);
    history.unshift(output);
    return transfer(prediction, y, adamsBashforth(history), calls[i]);
  });
}

/** Order 2 on unequal σ steps (4 on equal ones); one evaluation per step and nine more. */
export async function pndm(
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  options: PndmOptions,
): Promise<Float32Array> {
  const { calls = pndmCalls(sigmas), prediction = "epsilon" } = options;
  const history: Float32Array[] = [];
  let [start, sum] = [x, x]; // of the Runge–Kutta step under way
  return run(denoise, x, calls, options, (y, output, i) => {
    if (i >= RUNGE_KUTTA_CALLS) {
      history.unshift(output);
      return transfer(prediction, y, adamsBashforth(history), calls[i]);
    }
    // k₁, k₂, k₃, k₄ in turn; the last moves along (k₁ + 2k₂ + 2k₃ + k₄)/6.
    const stage = i % 4;
    if (stage === 0) {
      start = y;
      history.unshift(output);
    }
    const weighted = scaled(output, [1, 2, 2, 1][stage] / 6);
    sum = stage === 0 ? weighted : lincomb([1, sum], [1, weighted]);
    return transfer(prediction, start, stage === 3 ? sum : output, calls[i]);
  });
}

const RUNGE_KUTTA_CALLS = 12; // three steps of four

/** PLMS's calls on a σ grid. */
function plmsCalls(sigmas: readonly number[]): PndmCall[] {
  const steps = sigmas.slice(0, -1).map((sigma, i) => ({ at: sigma, from: sigma, to: sigmas[i + 1] }));
  return steps.length < 2 ? steps : [steps[0], { ...steps[0], at: sigmas[1] }, ...steps.slice(1)];
}

/** PNDM's calls on a σ grid, the Runge–Kutta midpoints halfway in log σ. Throws RangeError below four steps. */
function pndmCalls(sigmas: readonly number[]): PndmCall[] {
  if (sigmas.length < 5) {
    throw new RangeError(`Cannot run pndm: ${sigmas.length - 1} steps (4 or more are wanted; plms takes any number)`);
  }
  const steps = sigmas.slice(0, -1).map((sigma, i) => ({ at: sigma, from: sigma, to: sigmas[i + 1] }));
  const warmUp = steps.slice(0, 3).flatMap(({ from, to }) => {
    const middle = Math.sqrt(from * to);
    return [
      { at: from, from, to: middle },
      { at: middle, from, to: middle },
      { at: middle, from, to },
      { at: to, from, to },
    ];
  });
  return [...warmUp, ...steps.slice(3)];
}

// Calls the network along `calls`; `advance` turns the sample and the raw output of call i into the next sample.
async function run(
  denoise: Denoise,
  x: Float32Array,
  calls: readonly PndmCall[],
  { onStep, prediction = "epsilon" }: SamplerOptions & PndmOptions,
  advance: (y: Float32Array, output: Float32Array, i: number) => Float32Array,
): Promise<Float32Array> {
  let y = scaled(x, 1 / Math.hypot(1, calls[0].at));
  for (const [i, { at }] of calls.entries()) {
    const input = scaled(y, Math.hypot(1, at));
    const denoised = await denoise(input, at);
    await onStep?.({ step: i, steps: calls.length, sigma: at, x: input, denoised });
    y = advance(scaled(input, 1 / Math.hypot(1, at)), toOutput(prediction, denoised, input, at), i);
  }
  return scaled(y, Math.hypot(1, calls[calls.length - 1].to));
}

// In σ-space x' = (to/from)·x + (1 − to/from)·D with D = c_skip·x + c_out·output, scaled back to variance-preserving.
function transfer(
  prediction: Parameterization,
  y: Float32Array,
  output: Float32Array,
  { from, to }: PndmCall,
): Float32Array {
  const { cSkip, cOut } = scalingOf(prediction, from);
  const ratio = to / from;
  const [scaleFrom, scaleTo] = [Math.hypot(1, from), Math.hypot(1, to)];
  return lincomb([((ratio + (1 - ratio) * cSkip) * scaleFrom) / scaleTo, y], [((1 - ratio) * cOut) / scaleTo, output]);
}

// Adams–Bashforth on equal steps, of the order the history allows, up to 4 (newest first).
function adamsBashforth(history: Float32Array[]): Float32Array {
  history.splice(4);
  const weights = adamsBashforthWeights[history.length - 1];
  return lincomb(...history.map((output, j) => [weights[j], output] as const));
}
