import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { goldenFloats, readGolden } from "../../../../fixtures/read-golden.ts";
import { toyDenoiser } from "../../../../fixtures/toy-denoiser.ts";
import { scaled } from "../tensor/lincomb.ts";
import type { Network } from "./denoiser.ts";
import type { DiffusersRun } from "./diffusers/run.ts";
import {
  diffusionFromDiffusers,
  planFromDiffusers,
  type SchedulerConfigJson,
  schedulerClasses,
} from "./from-diffusers.ts";
import type { Prediction } from "./parameterization.ts";
import { runPlan } from "./run-plan.ts";

// The same toy network under diffusers' own classes: every call's input, every timestep, the final sample.
const toy = readGolden("samplers/diffusers/_toy");
const x0hat = toyDenoiser(toy);
const xInit = goldenFloats(toy, "toy.x_init");
const x0Inverse = goldenFloats(toy, "toy.x0_inverse");

interface GoldenCase {
  name: string;
  config: SchedulerConfigJson;
  num_inference_steps: number | null;
  set_timesteps_kwargs: {
    timesteps?: number[];
    sigmas?: number[];
    strength?: number;
    original_inference_steps?: number;
  };
  step_kwargs: {
    eta?: number;
    use_clipped_model_output?: boolean;
    order?: number;
    s_churn?: number;
    s_tmin?: number;
    s_tmax?: number;
    s_noise?: number;
  };
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
function toyNetwork(
  alphasCumprod: Float32Array,
  { prediction_type, learned_variance_channels, config }: GoldenCase,
): Network {
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
    const variance = input.map((x) =>
      config.variance_type === "learned" ? 0.01 * (1.5 + Math.sin(3 * x)) : Math.sin(3 * x),
    );
    return Float32Array.from([...output, ...variance]);
  };
}

// The toy under EDM's preconditioning, told ¼·log σ.
function edmToyNetwork({ prediction_type, config }: GoldenCase): Network {
  const sigmaData = Number(config.sigma_data ?? 0.5);
  return async (input, timestep) => {
    const sigma = Math.exp(4 * timestep);
    const norm = Math.hypot(sigma, sigmaData);
    const x = input.map((value) => value * norm);
    const cOut = ((prediction_type === "epsilon" ? 1 : -1) * sigma * sigmaData) / norm;
    return x0hat(x, 1, sigma ** 2).map((x0, i) => (x0 - (sigmaData / norm) ** 2 * x[i]) / cOut);
  };
}

// Golden files that are not one trajectory per case are read by the tests of their samplers.
const withTrajectories = Object.keys(schedulerClasses).filter((name) => name !== "ScoreSdeVeScheduler");

// Where σ starts at 20291, the variance-preserving classes compute x₀ = (x − σ·ε)/α with α = 5e-5: float32 rounding of 1e-3 in the
// reference itself, and another one here, where x is kept in σ-space.
const tolerances: Record<string, number> = {
  "DEISMultistepScheduler squaredcos": 2e-3,
  "DPMSolverMultistepScheduler squaredcos": 2e-3,
  "DPMSolverSinglestepScheduler squaredcos": 2e-3,
  "UniPCMultistepScheduler squaredcos": 2e-3,
  "UnCLIPScheduler fixed_small_log_eps": 2e-3,
  "UnCLIPScheduler learned_range": 2e-3,
};

const relativeError = (actual: ArrayLike<number>, expected: ArrayLike<number>) =>
  Math.max(...Array.from(expected, (value, i) => Math.abs(actual[i] - value) / Math.max(1, Math.abs(value))));

describe.each(withTrajectories)("planFromDiffusers() and runPlan() follow %s", (name) => {
  const golden = readGolden(`samplers/diffusers/${name}`);

  test.each((golden.json.cases as GoldenCase[]).map((one) => [one.name, one] as const))(
    "in case %s",
    async (caseName, one) => {
      const planned = planFromDiffusers({ _class_name: name, ...one.config }, runOf(one));
      const plan = { ...planned, noise: undefined }; // the recorded draws stand for the Brownian path too
      expect(plan.warnings).toEqual([]);

      const pool = golden.tensors.has(`${caseName}.noise`)
        ? goldenFloats(golden, `${caseName}.noise`)
        : new Float32Array();
      let draws = 0;
      const network = name.startsWith("EDM") ? edmToyNetwork(one) : toyNetwork(plan.discretization.alphasCumprod, one);
      const start = name.includes("Inverse") ? x0Inverse : xInit;
      const timesteps: number[] = [];
      const samples: Float32Array[] = [];
      const scale = plan.initialScale / one.init_noise_sigma; // of σ-space against the class's own
      const isSigmaForm = Math.abs(scale - 1) < 1e-6 && plan.sigmas[0] > 0;
      const result = await runPlan(
        plan,
        (input, timestep, sigma) => {
          timesteps.push(timestep);
          return network(input, timestep, sigma);
        },
        scaled(start, plan.initialScale),
        {
          noise: () => pool.slice(xInit.length * draws, xInit.length * ++draws),
          beforeEvaluation: (x, sigma) =>
            void samples.push(isSigmaForm ? x.slice() : scaled(x, 1 / Math.hypot(1, sigma))),
        },
      );

      const expectedTimesteps = goldenFloats(golden, `${caseName}.timesteps`);
      expect(timesteps.length).toBe(expectedTimesteps.length);
      // Integers agree exactly, interpolated ones as far as float32 logarithms go.
      expectedTimesteps.forEach((t, i) => expect(Math.abs(timesteps[i] - t)).toBeLessThanOrEqual(1e-4));

      const trajectory = [...samples, result].flatMap((x) => [...x]);
      const expected = goldenFloats(golden, `${caseName}.traj`);
      expect(trajectory.length).toBe(expected.length);
      expect(relativeError(trajectory, expected)).toBeLessThanOrEqual(tolerances[`${name} ${caseName}`] ?? 2e-4);
    },
  );
});

describe("planFromDiffusers() and runPlan() follow ScoreSdeVeScheduler", () => {
  const golden = readGolden("samplers/diffusers/ScoreSdeVeScheduler");
  const draws = goldenFloats(golden, "noise");
  const { config, steps } = golden.json;

  test("in its predictor and its corrector, step by step", async () => {
    const start = goldenFloats(golden, "in.x");
    const { length } = start;
    const plan = planFromDiffusers({ _class_name: "ScoreSdeVeScheduler", ...config }, { steps });
    const told = goldenFloats(golden, "sigmas");
    plan.timesteps.forEach((sigma, i) => expect(Math.abs(sigma - told[i])).toBeLessThanOrEqual(1e-6 * told[i]));
    let draw = 0;
    const seen: Float32Array[] = [];
    const score: Network = async (x, sigma) => x0hat(x, 1, sigma ** 2).map((x0, i) => (x0 - x[i]) / sigma ** 2);
    const result = await runPlan(plan, score, start, {
      noise: () => draws.slice(length * draw, length * ++draw),
      beforeEvaluation: (x) => void seen.push(x.slice()),
    });
    // Each step evaluates before and after the corrector; the run ends with the mean, without the last draw.
    for (let i = 0; i < steps; i++) {
      if (i > 0)
        expect(relativeError(seen[2 * i], goldenFloats(golden, `predicted.${i - 1}`))).toBeLessThanOrEqual(2e-4);
      expect(relativeError(seen[2 * i + 1], goldenFloats(golden, `corrected.${i}`))).toBeLessThanOrEqual(2e-4);
    }
    expect(relativeError(result, goldenFloats(golden, `predicted_mean.${steps - 1}`))).toBeLessThanOrEqual(2e-4);
  });
});

describe("planFromDiffusers", () => {
  const euler = {
    _class_name: "EulerDiscreteScheduler",
    beta_start: 0.00085,
    beta_end: 0.012,
    beta_schedule: "scaled_linear",
  };

  it("planFromDiffusers() names the supported classes when the class is another", () => {
    expect(() => planFromDiffusers({ _class_name: "FlowMatchEulerDiscreteScheduler" }, { steps: 4 })).toThrow(
      /^Cannot use scheduler "FlowMatchEulerDiscreteScheduler": it is none of DDIMInverseScheduler, DDIMScheduler, DDPMScheduler, /,
    );
  });

  it("planFromDiffusers() names the key, the value and what is wanted when a value is not supported", () => {
    const attempt = (config: SchedulerConfigJson) => () => planFromDiffusers({ ...euler, ...config }, { steps: 4 });
    expect(attempt({ prediction_type: "flow_prediction" })).toThrow(
      /Cannot read EulerDiscreteScheduler: "prediction_type" is "flow_prediction" .*epsilon/,
    );
    expect(attempt({ beta_schedule: "quadratic" })).toThrow(/"beta_schedule" is "quadratic" .*scaled_linear/);
    expect(attempt({ trained_betas: [0.1, 0.2] })).toThrow("2 trained_betas (1000, one per timestep, are wanted)");
    expect(attempt({ use_karras_sigmas: true, use_beta_sigmas: true })).toThrow(
      "Cannot use use_karras_sigmas and use_beta_sigmas",
    );
    expect(() =>
      planFromDiffusers({ _class_name: "UniPCMultistepScheduler", use_flow_sigmas: true }, { steps: 4 }),
    ).toThrow('"use_flow_sigmas" is true');
  });

  it("planFromDiffusers() warns when the config has keys its class does not read", () => {
    const plan = planFromDiffusers(
      { ...euler, _diffusers_version: "0.6.0", skip_prk_steps: true, sigma_min: null },
      { steps: 4 },
    );
    expect(plan.warnings).toEqual([
      'Ignored "skip_prk_steps" of the scheduler config: EulerDiscreteScheduler does not read it',
    ]);
  });

  it("planFromDiffusers() throws when the class takes no such argument, or not exactly one of steps, timesteps and sigmas", () => {
    expect(() => planFromDiffusers(euler, { steps: 4, eta: 1 })).toThrow(
      'Cannot plan EulerDiscreteScheduler with "eta": it takes steps, begin, end, timesteps, sigmas,',
    );
    expect(() => planFromDiffusers(euler, {})).toThrow("Cannot plan EulerDiscreteScheduler from nothing");
    expect(() => planFromDiffusers(euler, { steps: 4, sigmas: [1, 0] })).toThrow("from steps and sigmas");
    expect(() => planFromDiffusers(euler, { steps: 0 })).toThrow(
      "Cannot plan 0 steps: an integer from 1 to 1000 is wanted",
    );
  });

  test.each(Object.keys(schedulerClasses))("%s: a part of a run is the full plan cut", (name) => {
    const config = {
      _class_name: name,
      beta_schedule: name === "UnCLIPScheduler" ? "squaredcos_cap_v2" : "scaled_linear",
      skip_prk_steps: true,
      final_sigmas_type: "zero",
    };
    const full = planFromDiffusers(config, { steps: 10 });
    const part = planFromDiffusers(config, { steps: 10, begin: 2, end: 6 });
    expect(part.timesteps).toEqual(full.timesteps.slice(2, 6));
    expect(part.sigmas.slice(0, 4)).toEqual(full.sigmas.slice(2, 6));
    expect(part.sigmas.length).toBe(5);
    expect(() => planFromDiffusers(config, { steps: 10, begin: 12 })).toThrow(/^Cannot plan entries 12 to /);
  });

  test.each(Object.keys(schedulerClasses))("%s: timesteps and levels are in order for any number of steps", (name) => {
    for (const steps of [4, 5, 7, 13, 20, 33, 50]) {
      const plan = planFromDiffusers({ _class_name: name }, { steps });
      const { timesteps, sigmas, timestepOf, initialScale } = plan;
      expect(sigmas.length).toBe(timesteps.length + 1);
      expect(initialScale).toBeGreaterThanOrEqual(sigmas[0]);
      const sign = name.includes("Inverse") ? -1 : 1;
      expect(
        sigmas.every((sigma, i) => Number.isFinite(sigma) && (i === 0 || sign * sigma <= sign * sigmas[i - 1])),
      ).toBe(true);
      const called = plan.sampler === "ddim_inverse" ? plan.settings.targets! : sigmas.slice(0, -1);
      called.forEach((sigma, i) => expect(timestepOf(sigma)).toBe(timesteps[i]));
    }
  });

  it("planFromDiffusers() either plans or says what is wrong when the config is any JSON", () => {
    const keys = [
      "beta_schedule",
      "num_train_timesteps",
      "prediction_type",
      "timestep_spacing",
      "steps_offset",
      "use_karras_sigmas",
      "solver_order",
      "algorithm_type",
    ];
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom("linear", "leading", "trailing", "v_prediction", 3, 1000, true, -Infinity, NaN),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(schedulerClasses)),
        fc.dictionary(fc.constantFrom(...keys), value),
        (name, config) => {
          try {
            const plan = planFromDiffusers({ ...config, _class_name: name }, { steps: 4 });
            expect(plan.sigmas.every((sigma) => sigma >= 0)).toBe(true);
          } catch (error) {
            expect((error as Error).message).toMatch(/^Cannot /);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("planFromDiffusers() throws when a timestep is beyond the model's", () => {
    expect(() => planFromDiffusers({ _class_name: "DDIMScheduler", steps_offset: 1 }, { steps: 1000 })).toThrow(
      "Cannot plan DDIMScheduler: timestep 1000 is beyond the model's 999 (fewer steps or a smaller steps_offset are wanted)",
    );
  });

  it("diffusionFromDiffusers() keeps σ within float16's ᾱ when the config has zero terminal SNR", () => {
    const model = diffusionFromDiffusers({
      _class_name: "DDIMScheduler",
      rescale_betas_zero_snr: true,
      prediction_type: "v_prediction",
    });
    expect(model.discretization.sigmaMax).toBeCloseTo(4096, 2);
  });

  it("diffusionFromDiffusers() reads how the model was trained, with the class's defaults", () => {
    const model = diffusionFromDiffusers({ ...euler, prediction_type: "v_prediction" });
    expect(model.prediction).toBe("v_prediction");
    expect(model.discretization.sigmaMax).toBeCloseTo(14.6146, 4);
    expect(diffusionFromDiffusers({ _class_name: "DDPMScheduler" }).clip).toEqual({ range: 1 });
  });
});
