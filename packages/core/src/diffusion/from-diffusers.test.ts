import { describe, expect, it, test } from "vitest";
import { goldenFloats, readGolden } from "../../../../fixtures/read-golden.ts";
import { toyDenoiser } from "../../../../fixtures/toy-denoiser.ts";
import { scaled } from "../tensor/lincomb.ts";
import type { Network } from "./denoiser.ts";
import type { DiffusersRun } from "./diffusers/run.ts";
import { diffusionFromDiffusers, planFromDiffusers, type SchedulerConfigJson, schedulerClasses } from "./from-diffusers.ts";
import type { Prediction } from "./parameterization.ts";
import { runPlan } from "./run-plan.ts";

// The same toy network under diffusers' own classes: every call's input, every timestep, the final sample.
const toy = readGolden("samplers/diffusers/_toy");
const x0hat = toyDenoiser(toy);
const xInit = goldenFloats(toy, "toy.x_init");

interface GoldenCase {
  name: string;
  config: SchedulerConfigJson;
  num_inference_steps: number | null;
  set_timesteps_kwargs: { timesteps?: number[]; sigmas?: number[]; strength?: number; original_inference_steps?: number };
  step_kwargs: { eta?: number; use_clipped_model_output?: boolean; order?: number; s_churn?: number; s_tmin?: number; s_tmax?: number; s_noise?: number };
  prediction_type: Prediction;
  learned_variance_channels: boolean;
  init_noise_sigma: number;
}

function runOf({ num_inference_steps, set_timesteps_kwargs: set, step_kwargs: step }: GoldenCase): DiffusersRun {
  return {
    steps: num_inference_steps ?? undefined,
    timesteps: set.timesteps,
    sigmas: set.sigmas,
    strength: set.strength,
    originalSteps: set.original_inference_steps,
    eta: step.eta,
    useClippedModelOutput: step.use_clipped_model_output,
    order: step.order,
    sChurn: step.s_churn,
    sTmin: step.s_tmin,
    sTmax: step.s_tmax,
    sNoise: step.s_noise,
  };
}

// The toy at a (fractional, clamped) timestep, in the wanted prediction type.
function toyNetwork(alphasCumprod: Float32Array, { prediction_type, learned_variance_channels, config }: GoldenCase): Network {
  return async (input, timestep) => {
    const t = Math.min(Math.max(timestep, 0), alphasCumprod.length - 1);
    const [low, high] = [alphasCumprod[Math.floor(t)], alphasCumprod[Math.ceil(t)]];
    const alphaBar = low + (t - Math.floor(t)) * (high - low);
    const [a, s] = [Math.sqrt(alphaBar), Math.sqrt(1 - alphaBar)];
    const x0 = x0hat(input, a, 1 - alphaBar);
    const output = input.map((x, i) => {
      const eps = (x - a * x0[i]) / s;
      return { epsilon: eps, v_prediction: a * eps - s * x0[i], sample: x0[i] }[prediction_type];
    });
    if (!learned_variance_channels) return output;
    const variance = input.map((x) => (config.variance_type === "learned" ? 0.01 * (1.5 + Math.sin(3 * x)) : Math.sin(3 * x)));
    return Float32Array.from([...output, ...variance]);
  };
}

const relativeError = (actual: ArrayLike<number>, expected: ArrayLike<number>) =>
  Math.max(...Array.from(expected, (value, i) => Math.abs(actual[i] - value) / Math.max(1, Math.abs(value))));

describe.each(Object.keys(schedulerClasses))("planFromDiffusers() and runPlan() follow %s", (name) => {
  const golden = readGolden(`samplers/diffusers/${name}`);

  test.each((golden.json.cases as GoldenCase[]).map((one) => [one.name, one] as const))("in case %s", async (caseName, one) => {
    const plan = planFromDiffusers({ _class_name: name, ...one.config }, runOf(one));
    expect(plan.warnings).toEqual([]);

    const pool = golden.tensors.has(`${caseName}.noise`) ? goldenFloats(golden, `${caseName}.noise`) : new Float32Array();
    let draws = 0;
    const network = toyNetwork(plan.discretization.alphasCumprod, one);
    const timesteps: number[] = [];
    const samples: Float32Array[] = [];
    const scale = plan.initialScale / one.init_noise_sigma; // of σ-space against the class's own
    const isSigmaForm = Math.abs(scale - 1) < 1e-6;
    const result = await runPlan(
      plan,
      (input, timestep) => {
        timesteps.push(timestep);
        return network(input, timestep);
      },
      scaled(xInit, plan.initialScale),
      {
        noise: () => pool.slice(xInit.length * draws, xInit.length * ++draws),
        beforeEvaluation: (x, sigma) => void samples.push(isSigmaForm ? x.slice() : scaled(x, 1 / Math.hypot(1, sigma))),
      },
    );

    const expectedTimesteps = goldenFloats(golden, `${caseName}.timesteps`);
    expect(timesteps.length).toBe(expectedTimesteps.length);
    // Integers exactly; interpolated ones as far as float32 logarithms go.
    timesteps.forEach((t, i) => expect(Math.abs(t - expectedTimesteps[i])).toBeLessThanOrEqual(Number.isInteger(expectedTimesteps[i]) && Number.isInteger(t) ? 0 : 2e-3));

    const trajectory = [...samples, result].flatMap((x) => [...x]);
    const expected = goldenFloats(golden, `${caseName}.traj`);
    expect(trajectory.length).toBe(expected.length);
    const error = relativeError(trajectory, expected);
    if (process.env.SHOW) console.log(name, caseName, error.toExponential(1));
    expect(error).toBeLessThanOrEqual(2e-4); // the golden data's own float32 noise
  });
});
