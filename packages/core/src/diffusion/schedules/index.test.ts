import { describe, expect, it, test } from "vitest";
import { goldenFloats, readGolden } from "../../../../../fixtures/read-golden.ts";
import { betas } from "../betas.ts";
import { discretize } from "../discretization.ts";
import { betaQuantile } from "./beta.ts";
import { type ScheduleId, scheduleSigmas, scheduleTable } from "./index.ts";
import { sigmasKarras } from "./karras.ts";
import type { ScheduleSettings } from "./types.ts";

const golden = readGolden("samplers/k_diffusion/noise_schedules");
const model = discretize(betas());

const ids = Object.keys(scheduleTable) as ScheduleId[];

// Which schedules of other systems are ours; some of one name differ.
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
  "k.vp": "vp",
  "k.polyexponential": "polyexponential",
  "comfy.beta": "beta_timesteps",
  "a1111.kl_optimal": "kl_optimal_a1111",
  "comfy.kl_optimal": "kl_optimal",
  "a1111.align_your_steps_sd15": "align_your_steps_sd1_a1111",
  "a1111.align_your_steps_sdxl": "align_your_steps_sdxl_a1111",
  "comfy.align_your_steps_SD1": "align_your_steps_sd1",
  "comfy.align_your_steps_SDXL": "align_your_steps_sdxl",
  "comfy.align_your_steps_SVD": "align_your_steps_svd",
  "comfy.linear_quadratic": "linear_quadratic",
};
const settingsOf: Record<string, ScheduleSettings> = { "rho0.5": { rho: 0.5 }, rho1: { rho: 1 } };
const cases = [...golden.tensors.keys()].flatMap((key) => {
  const [, name, steps, setting = ""] = /^(\w+\.\w+)\.(\d+)(?:\.(rho0\.5|rho1))?$/.exec(key) ?? [];
  return name in sameAs ? [{ key, id: sameAs[name], steps: Number(steps), settings: settingsOf[setting] }] : [];
});

describe("schedules", () => {
  test.each(cases)("scheduleSigmas() gives $key when asked for $id", ({ key, id, steps, settings }) => {
    const expected = goldenFloats(golden, key);
    const actual = scheduleSigmas(id, steps, model, settings);
    expect(actual.length).toBe(expected.length);
    // 1e-6 relative; where levels come out of a difference (1 − …)·σ_max, that of σ_max.
    const rounding = id === "linear_quadratic" ? 1e-6 * model.sigmaMax : 0;
    expected.forEach((sigma, i) => expect(Math.abs(actual[i] - sigma)).toBeLessThanOrEqual(1e-6 * sigma + rounding));
  });

  it("every golden schedule is one of ours, but for parts of one and other ranges", () => {
    const known = new Set(cases.map(({ key }) => key));
    const others = [...golden.tensors.keys()].filter((key) => !known.has(key));
    others.forEach((key) => expect(key).toMatch(/denoise0\.6|rho5_0\.1_10/));
  });

  test.each(ids)("%s falls from σ_max to 0 for any number of steps", (id) => {
    const { maxSteps = 100, ownRange, mergesLevels, endsAboveZero } = scheduleTable[id];
    for (const steps of [1, 2, 7, 10, 20, 50, 100].filter((n) => n <= maxSteps)) {
      const sigmas = scheduleSigmas(id, steps, model);
      if (mergesLevels) expect(sigmas.length).toBeLessThanOrEqual(steps + 1);
      else expect(sigmas.length).toBeGreaterThanOrEqual(steps + 1);
      if (endsAboveZero) expect(sigmas.at(-1)).toBeCloseTo(model.sigmaMin, 6);
      else expect(sigmas.at(-1)).toBe(0);
      if (!ownRange) expect(sigmas[0]).toBeLessThanOrEqual(model.sigmaMax * (1 + 1e-9));
      sigmas.slice(1).forEach((sigma, i) => expect(sigma).toBeLessThan(sigmas[i]));
    }
  });

  // Printed by stable-diffusion.cpp 97d2990 (MIT), without the final 0.
  test.each([
    ["bong_tangent", [14.614641, 13.623346, 11.760355, 7.3219042, 1.9582628]],
    [
      "bong_tangent",
      [14.614641, 14.294416, 13.855191, 13.21906, 12.227947, 10.528294, 7.3219042, 3.7839034, 1.7423855, 0.66021055],
    ],
    ["smoothstep", [14.614641, 8.1305313, 2.7149432, 0.99371845, 0.35294268]],
    [
      "smoothstep",
      [14.614641, 12.372009, 8.1305313, 4.7336445, 2.7149432, 1.6182789, 0.99371845, 0.61025196, 0.35294268, 0.1642395],
    ],
  ] as const)("scheduleSigmas() gives stable-diffusion.cpp's levels of %s", (id, expected) => {
    const actual = scheduleSigmas(id, expected.length, model);
    expected.forEach((sigma, i) => expect(Math.abs(actual[i] - sigma)).toBeLessThanOrEqual(2e-5 * sigma)); // its table is rougher
  });

  // From the authors' tables.
  test.each([
    [1.2, [14.61464119, 5.85520077, 2.05039096, 0.95350921, 0.45573691, 0.17026083]],
    [0.8, [14.61464119, 12.2308979, 8.75849152, 7.49001646, 5.85520077, 2.05039096]],
    [1.5, [14.61464119, 1.56271636, 0.72133851, 0.36617002, 0.19894916, 0.09824532]],
  ])("scheduleSigmas() gives the published levels of gits when its coefficient is %f", (coefficient, expected) => {
    expect(scheduleSigmas("gits", 6, model, { coefficient })).toEqual([...expected, 0]);
  });

  it("gits halves each step of its longest row when it has none for 40 steps, in log σ", () => {
    const [row, sigmas] = [20, 40].map((steps) => scheduleSigmas("gits", steps, model));
    row.slice(0, -1).forEach((sigma, i) => expect(sigmas[2 * i]).toBeCloseTo(sigma, 10));
    expect(sigmas[1]).toBeCloseTo(Math.sqrt(row[0] * row[1]), 10);
    expect(scheduleSigmas("gits", 1, model)[0]).toBeCloseTo(14.61464119, 10);
    expect(scheduleSigmas("gits", 16, model, { coefficient: 0.8 })).toHaveLength(17); // the published row is another's
  });

  it("scheduleSigmas() throws when gits has no table for a coefficient", () => {
    expect(() => scheduleSigmas("gits", 10, model, { coefficient: 1.22 })).toThrow(
      "Cannot schedule gits with coefficient 1.22: one of 0.8, 0.85, 0.9, 0.95, 1, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3, 1.35, 1.4, 1.45, 1.5 is wanted",
    );
  });

  it("distilled models get the levels of their training timesteps", () => {
    const at = (timesteps: number[]) => [...timesteps.map((t) => model.sigmas[t]), 0];
    expect(scheduleSigmas("turbo", 4, model)).toEqual(at([999, 899, 799, 699]));
    expect(scheduleSigmas("lcm", 4, model)).toEqual(at([999, 759, 499, 259]));
    expect(scheduleSigmas("trailing", 4, model)).toEqual(at([999, 749, 499, 249]));
    expect(scheduleSigmas("leading", 4, model)).toEqual(at([751, 501, 251, 1]));
    expect(scheduleSigmas("linspace", 4, model)).toEqual(at([999, 666, 333, 0]));
  });

  it("laplace is dense around its mean, with as many levels above as below", () => {
    const sigmas = scheduleSigmas("laplace", 21, model, { mean: 0.5, scale: 0.4 }).slice(0, -1);
    expect(sigmas[10]).toBeCloseTo(Math.exp(0.5), 4);
    sigmas.slice(1, 10).forEach((sigma, i) => expect(Math.log(sigma) + Math.log(sigmas[19 - i])).toBeCloseTo(1, 4));
    // Laplace's quantile: P(λ < mean − scale·ln 2) = ¼.
    expect(Math.log(sigmas[15])).toBeCloseTo(0.5 - 0.4 * Math.log(2), 4);
  });

  it("edm is the paper's range, whatever the model's is", () => {
    const sigmas = scheduleSigmas("edm", 18, model);
    expect([sigmas[0], sigmas[17]].map((sigma) => +sigma.toFixed(6))).toEqual([80, 0.002]);
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

  it("scheduleSigmas() throws when a schedule has no levels for so many steps, or does not read a setting", () => {
    expect(() => scheduleSigmas("turbo", 11, model)).toThrow(
      "Cannot schedule 11 steps of turbo: 10 at most are wanted",
    );
    expect(() => scheduleSigmas("beta", 5, model, { rho: 3 })).toThrow(
      'Cannot set "rho" for beta: it reads alpha, beta',
    );
  });
});
