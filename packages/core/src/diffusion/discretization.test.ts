import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { goldenFloats, readGolden } from "../../../../fixtures/read-golden.ts";
import { alphasCumprod, type BetaOptions, betas, rescaleToZeroTerminalSnr } from "./betas.ts";
import { discretize, sigmaAt, sigmaAtLinear, timestepAt } from "./discretization.ts";
import { ancestralStep } from "./samplers/ancestral.ts";

const tables = readGolden("samplers/diffusers/_add_noise_and_betas");
const kDiffusion = readGolden("samplers/k_diffusion/discrete_schedule");
const sd = discretize(betas());

const configs: Record<string, BetaOptions> = {
  scaled_linear: {},
  linear: { schedule: "linear", start: 0.0001, end: 0.02 },
  squaredcos_cap_v2: { schedule: "squaredcos_cap_v2" },
  sigmoid: { schedule: "sigmoid", start: 0.0001, end: 0.02 },
};

// A zero stands for itself: zero terminal SNR must be exact.
function expectRelative(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs(actual[i] - expected[i]), `at ${i}`).toBeLessThanOrEqual(tolerance * Math.abs(expected[i]));
  }
}

describe("betas", () => {
  test.each(Object.keys(configs))("betas() gives diffusers' table when the schedule is %s", (name) => {
    expectRelative(betas(configs[name]), goldenFloats(tables, `betas.${name}`), 1e-6);
  });

  test.each(["scaled_linear", "linear", "squaredcos_cap_v2"])(
    "alphasCumprod() and zero terminal SNR agree with diffusers for %s",
    (name) => {
      const beta = betas(configs[name]);
      expectRelative(alphasCumprod(beta), goldenFloats(tables, `alphas_cumprod.${name}`), 0);
      expectRelative(
        alphasCumprod(rescaleToZeroTerminalSnr(beta)),
        goldenFloats(tables, `alphas_cumprod_zero_snr.${name}`),
        1e-6,
      );
    },
  );

  it("betas() gives ᾱ = e^(−12t) when the schedule is exp", () => {
    const alphaBar = alphasCumprod(betas({ schedule: "exp" }));
    expect(alphaBar[499]).toBeCloseTo(Math.exp(-6), 6);
  });

  it("betas() gives ᾱ between 0 and 1 that falls when the schedule is laplace", () => {
    const beta = betas({ schedule: "laplace" });
    expect(beta.every((value) => value > 0 && value <= 0.999)).toBe(true);
  });
});

describe("discretization", () => {
  it("discretize() gives k-diffusion's table when the betas are Stable Diffusion's", () => {
    expectRelative(sd.alphasCumprod, goldenFloats(kDiffusion, "alphas_cumprod"), 0);
    expectRelative(sd.sigmas, goldenFloats(kDiffusion, "sigmas_table"), 1e-6);
    expect(sd.sigmaMax).toBeCloseTo(14.614646911621094, 5);
    expect(sd.sigmaMin).toBeCloseTo(0.029167532920837402, 7);
  });

  it("discretize() keeps σ finite when the last ᾱ is 0", () => {
    const beta = rescaleToZeroTerminalSnr(betas());
    expect(discretize(beta).sigmaMax).toBeCloseTo(1e10, -4);
    expect(discretize(beta, { alphaBarFloor: 2 ** -24 }).sigmaMax).toBeCloseTo(4096, 2);
  });

  it("sigmaAt() and timestepAt() agree with k-diffusion", () => {
    const t = goldenFloats(kDiffusion, "in.t");
    expectRelative(
      [...t].map((value) => sigmaAt(sd, value)),
      goldenFloats(kDiffusion, "out.t_to_sigma"),
      1e-6,
    );
    const expected = goldenFloats(kDiffusion, "out.sigma_to_t");
    // Its logarithms are float32: 1e-7 of log σ is 1e-4 of a timestep.
    goldenFloats(kDiffusion, "in.sigma").forEach((sigma, i) =>
      expect(Math.abs(timestepAt(sd, sigma) - expected[i])).toBeLessThan(1e-4),
    );
  });

  it("timestepAt() inverts sigmaAt() at any timestep, and exactly on the trained ones", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 999, noNaN: true }),
        (t) => Math.abs(timestepAt(sd, sigmaAt(sd, t)) - t) < 1e-6,
      ),
    );
    sd.sigmas.forEach((sigma, t) => expect(timestepAt(sd, sigma)).toBe(t));
    expect(timestepAt(sd, 1e9)).toBe(999);
    expect(timestepAt(sd, 0)).toBe(0);
  });

  it("sigmaAtLinear() is halfway between two levels at half a timestep", () => {
    expect(sigmaAtLinear(sd, 10.5)).toBeCloseTo((sd.sigmas[10] + sd.sigmas[11]) / 2, 12);
    expect(sigmaAtLinear(sd, 5000)).toBe(sd.sigmaMax);
  });

  it("ancestralStep() agrees with k-diffusion", () => {
    const rows = goldenFloats(kDiffusion, "in.get_ancestral_step");
    const expected = goldenFloats(kDiffusion, "out.get_ancestral_step");
    for (let row = 0; row < expected.length / 2; row++) {
      const { down, up } = ancestralStep(rows[3 * row], rows[3 * row + 1], rows[3 * row + 2]);
      expect(down).toBeCloseTo(expected[2 * row], 6);
      expect(up).toBeCloseTo(expected[2 * row + 1], 6);
    }
  });
});
