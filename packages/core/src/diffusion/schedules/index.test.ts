import { describe, expect, it, test } from "vitest";
import { goldenFloats, readGolden } from "../../../../../fixtures/read-golden.ts";
import { betas } from "../betas.ts";
import { discretize } from "../discretization.ts";
import { betaQuantile } from "./beta.ts";
import { type ScheduleId, schedules, scheduleSigmas } from "./index.ts";
import { sigmasKarras } from "./karras.ts";

const golden = readGolden("samplers/k_diffusion/noise_schedules");
const model = discretize(betas());

// Which schedules of other systems are ours; ComfyUI's "beta" is another one than AUTOMATIC1111's.
const sameAs: Record<string, ScheduleId> = {
  "k.get_sigmas": "normal",
  "k.karras": "karras",
  "k.exponential": "exponential",
  "a1111.normal": "normal",
  "a1111.uniform": "normal",
  "a1111.simple": "simple",
  "a1111.sgm_uniform": "sgm_uniform",
  "a1111.ddim": "ddim_uniform",
  "a1111.beta": "beta",
  "comfy.normal": "normal",
  "comfy.simple": "simple",
  "comfy.sgm_uniform": "sgm_uniform",
  "comfy.ddim_uniform": "ddim_uniform",
};
const cases = [...golden.tensors.keys()].flatMap((key) => {
  const [, name, steps] = /^(\w+\.\w+)\.(\d+)$/.exec(key) ?? [];
  return name in sameAs ? [{ key, id: sameAs[name], steps: Number(steps) }] : [];
});

describe("schedules", () => {
  test.each(cases)("scheduleSigmas() gives $key when asked for $id", ({ key, id, steps }) => {
    const expected = goldenFloats(golden, key);
    const actual = scheduleSigmas(id, steps, model);
    expect(actual.length).toBe(expected.length);
    expected.forEach((sigma, i) => expect(Math.abs(actual[i] - sigma)).toBeLessThanOrEqual(1e-6 * sigma));
  });

  test.each(Object.keys(schedules) as ScheduleId[])("%s falls from σ_max to 0 for any number of steps", (id) => {
    for (const steps of [1, 2, 7, 20, 50, 100]) {
      const sigmas = scheduleSigmas(id, steps, model);
      expect(sigmas.length).toBeGreaterThanOrEqual(steps + 1);
      expect(sigmas.at(-1)).toBe(0);
      expect(sigmas[0]).toBeLessThanOrEqual(model.sigmaMax * (1 + 1e-9));
      sigmas.slice(1).forEach((sigma, i) => expect(sigma).toBeLessThan(sigmas[i]));
    }
  });

  it("sigmasKarras() takes another ρ and range when given them", () => {
    const expected = goldenFloats(golden, "k.karras.10.rho5_0.1_10");
    sigmasKarras(10, { sigmaMin: 0.1, sigmaMax: 10 }, { rho: 5 }).forEach((sigma, i) =>
      expect(sigma).toBeCloseTo(expected[i], 5),
    );
  });

  it("betaQuantile() has the closed forms of simple beta distributions", () => {
    expect(betaQuantile(0.3, 1, 1)).toBeCloseTo(0.3, 14);
    expect(betaQuantile(0.3, 2, 1)).toBeCloseTo(Math.sqrt(0.3), 14); // I_x(2, 1) = x²
    expect(betaQuantile(0.3, 1, 2)).toBeCloseTo(1 - Math.sqrt(0.7), 14);
    expect(betaQuantile(0.8, 0.5, 0.5)).toBeCloseTo(Math.sin((Math.PI / 2) * 0.8) ** 2, 12); // arcsine law
    expect([0, 1].map((p) => betaQuantile(p, 0.6, 0.6))).toEqual([0, 1]);
  });

  it("scheduleSigmas() throws when the number of steps is not a positive integer", () => {
    expect(() => scheduleSigmas("karras", 0, model)).toThrow("Cannot schedule 0 steps: a positive integer is wanted");
    expect(() => scheduleSigmas("karras", 2.5, model)).toThrow(RangeError);
  });
});
