import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { goldenFloats, goldenTensor, readGolden } from "../../../../fixtures/read-golden.ts";
import { betas } from "./betas.ts";
import { clipped } from "./clipping.ts";
import { makeDenoiser } from "./denoiser.ts";
import { discretize } from "./discretization.ts";
import { classifierFree } from "./guidance/cfg.ts";
import { rescaleGuidance } from "./guidance/rescale.ts";
import { diffused, noised, velocity } from "./noise.ts";
import { type Prediction, scalingOf, scalings, toDenoised, toInput, toOutput } from "./parameterization.ts";

const kDiffusion = readGolden("samplers/k_diffusion/discrete_schedule");
const forward = readGolden("samplers/diffusers/_add_noise_and_betas");
const sd = discretize(betas());

describe("parameterization", () => {
  it("scalings agree with k-diffusion's c_skip, c_out and c_in", () => {
    const sigmas = goldenFloats(kDiffusion, "in.sigma");
    const eps = goldenFloats(kDiffusion, "out.eps_c_out_c_in");
    const v = goldenFloats(kDiffusion, "out.v_c_skip_c_out_c_in");
    const n = sigmas.length;
    sigmas.forEach((sigma, i) => {
      expect(scalings.epsilon(sigma).cOut).toBeCloseTo(eps[i], 6);
      expect(toInput(Float32Array.of(1), sigma)[0]).toBeCloseTo(eps[n + i], 6);
      expect(scalings.v_prediction(sigma).cSkip).toBeCloseTo(v[i], 6);
      expect(scalings.v_prediction(sigma).cOut).toBeCloseTo(v[n + i], 6);
    });
  });

  test.each(Object.keys(scalings) as Prediction[])(
    "toDenoised() recovers x₀ from the exact %s, and toOutput() inverts it",
    (prediction) => {
      const finite = { min: -3, max: 3, noNaN: true };
      fc.assert(
        fc.property(
          fc.double(finite),
          fc.double(finite),
          fc.double({ min: 0.03, max: 15, noNaN: true }),
          (x0, eps, sigma) => {
            const [a, s] = [1 / Math.hypot(sigma, 1), sigma / Math.hypot(sigma, 1)];
            const output = Float32Array.of({ epsilon: eps, v_prediction: a * eps - s * x0, sample: x0 }[prediction]);
            const x = Float32Array.of(x0 + sigma * eps);
            const denoised = toDenoised(prediction, output, x, sigma);
            // float32 of numbers up to σ·ε; recovering the output divides that by σ
            expect(Math.abs(denoised[0] - x0)).toBeLessThan(2e-5);
            expect(Math.abs(toOutput(prediction, denoised, x, sigma)[0] - output[0])).toBeLessThan(1e-4);
          },
        ),
      );
    },
  );
});

describe("parameterization beyond variance-preserving networks", () => {
  test.each([0.03, 0.5, 4, 80])("EDM's network sees and gives values of variance 1 at sigma %f", (sigma) => {
    // Data of standard deviation σ_d: x has variance σ² + σ_d², and F = (x₀ − c_skip·x)/c_out is the residual scaled to 1.
    const sigmaData = 0.5;
    const { cSkip, cOut } = scalingOf({ kind: "edm", sigmaData, sign: 1 }, sigma);
    const [seen] = toInput(Float32Array.of(Math.hypot(sigma, sigmaData)), sigma, { kind: "edm", sigmaData, sign: 1 });
    expect(seen).toBeCloseTo(1, 6);
    const residual = (1 - cSkip) ** 2 * sigmaData ** 2 + cSkip ** 2 * sigma ** 2; // Var(x₀ − c_skip·x)
    expect(residual / cOut ** 2).toBeCloseTo(1, 6);
  });

  it("EDM's v-prediction form with unit data is v-prediction, and the score gives Tweedie's formula", () => {
    const [x, output] = [Float32Array.of(1.5, -2), Float32Array.of(0.3, 0.7)];
    const v = { kind: "edm", sigmaData: 1, sign: -1 } as const;
    expect(toDenoised(v, output, x, 3)).toEqual(toDenoised("v_prediction", output, x, 3));
    // N(0, s²) noised to s² + σ² has the score −x/(s² + σ²), and x + σ²·score = x·s²/(s² + σ²).
    const score = x.map((value) => -value / (0.49 + 4));
    toDenoised({ kind: "score" }, score, x, 2).forEach((x0, i) => expect(x0).toBeCloseTo((x[i] * 0.49) / 4.49, 6));
    expect(toInput(x, 2, { kind: "score" })).toEqual(x);
  });
});

describe("noise", () => {
  const timesteps = [...goldenTensor(forward, "in.t").data].map(Number);
  const [x0, noise] = [goldenFloats(forward, "in.x0"), goldenFloats(forward, "in.noise")];
  const size = x0.length / timesteps.length;
  const batchwise = (make: (x0: Float32Array, noise: Float32Array, i: number) => Float32Array) =>
    timesteps.flatMap((_, i) => [
      ...make(x0.slice(i * size, (i + 1) * size), noise.slice(i * size, (i + 1) * size), i),
    ]);
  const expectClose = (actual: number[], expected: Float32Array) =>
    actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));

  test.each(["DDIMScheduler", "DDPMScheduler", "LCMScheduler", "PNDMScheduler"])(
    "diffused() agrees with %s.add_noise",
    (name) => {
      const alphaBar = goldenFloats(forward, "alphas_cumprod.scaled_linear");
      expectClose(
        batchwise((a, b, i) => diffused(a, b, alphaBar[timesteps[i]])),
        goldenFloats(forward, `out.add_noise.${name}`),
      );
    },
  );

  it("noised() agrees with EulerDiscreteScheduler.add_noise, and diffused() with the multistep classes", () => {
    const at = (name: string) => goldenFloats(forward, `in.t.${name}`);
    const euler = at("EulerDiscreteScheduler");
    expectClose(
      batchwise((a, b, i) => noised(a, b, sd.sigmas[euler[i]])),
      goldenFloats(forward, "out.add_noise.EulerDiscreteScheduler"),
    );
    for (const name of ["DPMSolverMultistepScheduler", "UniPCMultistepScheduler"]) {
      const t = at(name);
      expectClose(
        batchwise((a, b, i) => diffused(a, b, sd.alphasCumprod[t[i]])),
        goldenFloats(forward, `out.add_noise.${name}`),
      );
    }
  });

  test.each(["DDIMScheduler", "DDPMScheduler"])("velocity() agrees with %s.get_velocity", (name) => {
    expectClose(
      batchwise((a, b, i) => velocity(a, b, sd.alphasCumprod[timesteps[i]])),
      goldenFloats(forward, `out.velocity.${name}`),
    );
  });
});

describe("guidance", () => {
  it("classifierFree() gives cond at scale 1, uncond at 0, and extrapolates above", () => {
    const [uncond, cond] = [Float32Array.of(1, 2), Float32Array.of(3, 1)];
    expect([...classifierFree(uncond, cond, 1)]).toEqual([...cond]);
    expect([...classifierFree(uncond, cond, 0)]).toEqual([...uncond]);
    expect([...classifierFree(uncond, cond, 2)]).toEqual([5, 0]);
  });

  it("rescaleGuidance() gives every image cond's standard deviation when φ is 1", () => {
    const cond = Float32Array.of(0, 1, 2, 10, 30, 50);
    const guided = Float32Array.of(0, 4, 8, 5, 15, 25);
    expect([...rescaleGuidance(guided, cond, { rescale: 1, batch: 2 })]).toEqual([0, 1, 2, 10, 30, 50]);
    expect([...rescaleGuidance(guided, cond, { rescale: 0.5, batch: 2 })]).toEqual([0, 2.5, 5, 7.5, 22.5, 37.5]);
    expect([...rescaleGuidance(guided, cond, { rescale: 0, batch: 2 })]).toEqual([...guided]);
  });
});

describe("clipping", () => {
  it("clipped() clamps when given a range", () => {
    expect([...clipped(Float32Array.of(-3, 0.5, 2), { range: 1.5 })]).toEqual([-1.5, 0.5, 1.5]);
  });

  it("clipped() rescales each image by its own quantile, between 1 and the largest range", () => {
    const two = Float32Array.of(0.1, -0.2, 0.5, 4, 0, 1, 2, 4);
    expect([...clipped(two, { quantile: 2 / 3, maxRange: 10 }, 2)]).toEqual([
      ...Float32Array.of(0.1, -0.2, 0.5, 1, 0, 0.5, 1, 1),
    ]);
    expect([...clipped(Float32Array.of(0, 8), { quantile: 1, maxRange: 2 })]).toEqual([0, 1]);
  });
});

describe("makeDenoiser", () => {
  const timestepOf = (sigma: number) => sigma * 10;

  it("makeDenoiser() scales the input and tells the timestep", async () => {
    const seen: unknown[] = [];
    const denoise = makeDenoiser(async (input, t) => (seen.push([...input], t), input.slice()), {
      prediction: "sample",
      timestepOf,
    });
    expect([...(await denoise(Float32Array.of(2, 4), Math.sqrt(3)))]).toEqual([1, 2]);
    expect(seen).toEqual([[1, 2], Math.sqrt(3) * 10]);
  });

  it("makeDenoiser() splits off a learned variance image by image", async () => {
    const variances: number[][] = [];
    const denoise = makeDenoiser(async () => Float32Array.of(1, 2, 10, 20, 3, 4, 30, 40), {
      prediction: "sample",
      timestepOf,
      batch: 2,
      learnedVariance: true,
      onVariance: (variance) => variances.push([...variance]),
    });
    expect([...(await denoise(new Float32Array(4), 1))]).toEqual([1, 2, 3, 4]);
    expect(variances).toEqual([[10, 20, 30, 40]]);
  });

  it("makeDenoiser() is the identity at timestep 0 when the network is a consistency model", async () => {
    const denoise = makeDenoiser(async () => Float32Array.of(9), {
      prediction: "sample",
      timestepOf: () => 0,
      boundary: { timestepScaling: 10, sigmaData: 0.5 },
    });
    expect((await denoise(Float32Array.of(3), 1e-9))[0]).toBeCloseTo(3, 6);
  });

  it("makeDenoiser() throws when the network's output has another length", async () => {
    const denoise = makeDenoiser(async () => new Float32Array(3), { prediction: "sample", timestepOf });
    await expect(denoise(new Float32Array(2), 1)).rejects.toThrow(
      "Cannot denoise: the network gave 3 values (2 are wanted)",
    );
  });
});
