import { describe, expect, it, test } from "vitest";
import { TorchGenerator } from "../../util/rng/torch-generator.ts";
import { schedules } from "../schedules/index.ts";
import { sigmasExponential } from "../schedules/exponential.ts";
import { checkSettings, type SamplerId, samplerTable } from "./index.ts";
import type { Denoise, SamplerOptions, SamplerSettings } from "./types.ts";

// Data N(0, s²): the denoiser is linear, the flow is known, x(σ) ∝ √(s² + σ²). So convergence can be measured.
const s = 0.7;
const gaussian: Denoise = async (x, sigma) => x.map((value) => (value * s ** 2) / (s ** 2 + sigma ** 2));
// The consistency function of the same data: straight to the end of the flow.
const consistency: Denoise = async (x, sigma) => x.map((value) => (value * s) / Math.hypot(s, sigma));

const all = Object.keys(samplerTable) as SamplerId[];
const ids = all.filter((id) => !samplerTable[id].rising); // the others go from data to noise
const noNoise: SamplerOptions = { noise: () => new Float32Array(2) };
const noiseFor = (length: number, seed = 1): SamplerOptions => {
  const generator = new TorchGenerator(seed);
  return { noise: () => generator.randn(length) };
};
const deterministic = ids.filter((id) => samplerTable[id].kind === "ode" || samplerTable[id].settings.includes("eta"));
const settingsWithoutNoise = (id: SamplerId): SamplerSettings => ({
  ...(samplerTable[id].settings.includes("eta") ? { eta: 0 } : {}),
  ...(samplerTable[id].settings.includes("jumpCount") ? { jumpCount: 1 } : {}),
});

async function errorOf(id: SamplerId, steps: number): Promise<number> {
  const sigmas = sigmasExponential(steps + 1, { sigmaMin: 0.2, sigmaMax: 5 });
  const result = await samplerTable[id].sample(gaussian, Float32Array.of(1, -2), sigmas, {
    ...noNoise,
    ...settingsWithoutNoise(id),
  });
  const exact = Math.hypot(s, 0.2) / Math.hypot(s, 5);
  return Math.max(Math.abs(result[0] - exact), Math.abs(result[1] + 2 * exact) / 2);
}

describe("samplers", () => {
  // Its number of steps follows from its tolerance: dpm-adaptive.test.ts.
  test.each(deterministic.filter((id) => id !== "dpm_adaptive"))(
    "%s converges at its order when nothing is random",
    async (id) => {
      const [coarse, fine] = [await errorOf(id, 24), await errorOf(id, 48)];
      expect(fine).toBeLessThan(0.02);
      // Below 1e-6 float32 hides the order.
      if (fine > 1e-6) expect(Math.log2(coarse / fine)).toBeGreaterThanOrEqual(samplerTable[id].order - 0.3);
    },
  );

  test.each(ids.filter((id) => samplerTable[id].kind === "sde"))("%s keeps the data's variance", async (id) => {
    const { consistencyModel, settings } = samplerTable[id];
    const count = 5000;
    const start = new TorchGenerator(7).randn(count).map((z) => z * Math.hypot(s, 8));
    const sigmas = [...sigmasExponential(150, { sigmaMin: 0.02, sigmaMax: 8 }), 0];
    const result = await samplerTable[id].sample(consistencyModel ? consistency : gaussian, start, sigmas, {
      ...noiseFor(count),
      // Between 0 and 1, TCD's model gives points on the way, which a consistency function does not.
      ...(consistencyModel && settings.includes("eta") ? { eta: 1 } : {}),
      ...(settings.includes("jumpCount") ? { jumpCount: 2 } : {}),
    });
    const variance = result.reduce((sum, value) => sum + value ** 2, 0) / count;
    // Sampling error √(2/n) = 2 %, and the first-order methods' bias of 5 % at 150 steps.
    expect(Math.abs(variance / s ** 2 - 1)).toBeLessThan(0.08);
  });

  test.each(ids)("%s returns x₀ when the model knows it, from any number of steps", async (id) => {
    for (const steps of [4, 5, 12]) {
      const sigmas = [...sigmasExponential(steps, { sigmaMin: 0.03, sigmaMax: 14.6 }), 0];
      const known = Float32Array.of(0.25, -3);
      const result = await samplerTable[id].sample(
        async () => known.slice(),
        Float32Array.of(9, 14),
        sigmas,
        noiseFor(2),
      );
      result.forEach((value, i) => expect(value).toBeCloseTo(known[i], 4));
    }
  });

  test.each(ids)("%s is repeatable, leaves x alone and reports its steps", async (id) => {
    const x = Float32Array.of(3, -1, 7);
    const sigmas = [...sigmasExponential(6, { sigmaMin: 0.05, sigmaMax: 10 }), 0];
    const seen: number[] = [];
    const run = () =>
      samplerTable[id].sample(gaussian, x, sigmas, {
        ...noiseFor(3),
        onStep: async ({ step, steps, sigma, x: current, denoised }) => {
          seen.push(step);
          expect(step).toBeLessThan(steps);
          if (id !== "pndm" && !samplerTable[id].ownLevels) expect(sigmas).toContain(sigma);
          expect(denoised.length).toBe(current.length);
        },
      });
    const first = await run();
    expect(seen).toEqual(seen.map((_, i) => i));
    expect(seen.length).toBeGreaterThanOrEqual(samplerTable[id].ownLevels ? 2 : 6);
    expect(await run()).toEqual(first);
    expect([...x]).toEqual([3, -1, 7]);
  });

  test.each(ids)("%s stops with the signal's reason when aborted", async (id) => {
    const controller = new AbortController();
    let calls = 0;
    const denoise: Denoise = async (x, sigma) => {
      if (++calls === 3) controller.abort(new Error("enough"));
      return gaussian(x, sigma);
    };
    const sigmas = [...sigmasExponential(8, { sigmaMin: 0.05, sigmaMax: 10 }), 0];
    const run = samplerTable[id].sample(denoise, Float32Array.of(1), sigmas, {
      ...noiseFor(1),
      signal: controller.signal,
    });
    await expect(run).rejects.toThrow("enough");
    expect(calls).toBe(3);
  });

  test.each(ids)("%s names the step when the network gives NaN", async (id) => {
    const sigmas = [8, 4, 2, 1, 0.5, 0];
    const denoise: Denoise = async (x, sigma) => (sigma <= 2 ? Float32Array.of(0, NaN) : gaussian(x, sigma));
    await expect(samplerTable[id].sample(denoise, Float32Array.of(1, 1), sigmas, noiseFor(2))).rejects.toThrow(
      // Some meet σ = 2 at the end of step 2, some levels of their own below it.
      /Cannot sample: the network gave NaN in step [2345] of 5, sigma (2|1|0)[ .]/,
    );
  });

  test.each(all)("%s has a row that is complete", (id) => {
    const row = samplerTable[id];
    expect(row.schedule in schedules).toBe(true);
    expect(row.reference).toMatch(/\w/);
    expect(Object.keys(row.names).length).toBeGreaterThan(0);
    expect(row.order).toBeGreaterThanOrEqual(1);
  });

  it("a denoiser may overwrite x when it keeps a known region", async () => {
    // The overwritten value is what every sampler goes on from: the known element ends where its denoised value is.
    const sigmas = [...sigmasExponential(20, { sigmaMin: 0.03, sigmaMax: 10 }), 0];
    for (const id of ids) {
      const denoise: Denoise = async (x, sigma) => {
        x[0] = 0.5 + sigma * 0.1;
        const denoised = await gaussian(x, sigma);
        denoised[0] = 0.5;
        return denoised;
      };
      const result = await samplerTable[id].sample(denoise, Float32Array.of(100, 1), sigmas, noiseFor(2));
      expect(result[0], id).toBeCloseTo(0.5, 4);
    }
  });

  it("checkSettings() throws when a sampler does not read a setting", () => {
    expect(() => checkSettings("dpmpp_2m", { eta: 1 })).toThrow(
      'Cannot set "eta" for dpmpp_2m: it reads solverType, lowerOrderFinal, eulerAtFinal',
    );
    expect(() => checkSettings("ddim", { eta: 1, order: undefined })).not.toThrow();
  });

  test.each(all.filter((id) => samplerTable[id].rising))("%s ends at the noise its data came from", async (id) => {
    // Up the exact flow of N(0, s²), at the row's order, and down again.
    const exact = Math.hypot(s, 5) / Math.hypot(s, 0.2);
    const errors = [];
    for (const steps of [48, 96]) {
      const sigmas = sigmasExponential(steps + 1, { sigmaMin: 0.2, sigmaMax: 5 }).reverse();
      const result = await samplerTable[id].sample(gaussian, Float32Array.of(1, -2), sigmas, noNoise);
      errors.push(Math.abs(result[1] + 2 * exact) / (2 * exact));
    }
    expect(errors[1]).toBeLessThan(0.05);
    expect(Math.log2(errors[0] / errors[1])).toBeGreaterThanOrEqual(samplerTable[id].order - 0.3);
  });

  test.each(all)("%s refuses fewer than two noise levels", async (id) => {
    await expect(samplerTable[id].sample(gaussian, Float32Array.of(1), [14], noNoise)).rejects.toThrow(
      "Cannot sample: 1 noise levels",
    );
  });
});
