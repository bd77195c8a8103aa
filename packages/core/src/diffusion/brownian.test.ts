import { describe, expect, it, test } from "vitest";
import { goldenFloats, readGolden } from "../../../../fixtures/read-golden.ts";
import { brownianNoise, seedFromNoise } from "./brownian.ts";
import { sigmasKarras } from "./schedules/karras.ts";

const range = { sigmaMin: 0.03, sigmaMax: 14.6 };

describe("brownianNoise", () => {
  const golden = readGolden("samplers/k_diffusion/brownian_tree");
  const sigmas = goldenFloats(golden, "in.sigmas");

  test.each([0, 42])("brownianNoise() follows torchsde's tree when the seed is %i", (seed) => {
    const noise = brownianNoise({ seed, length: 64, sigmaMin: golden.json.sigma_min, sigmaMax: golden.json.sigma_max });
    const errors = Array.from({ length: 9 }, (_, i) => {
      const expected = goldenFloats(golden, `${seed}.karras_step${i}`);
      return noise(sigmas[i], sigmas[i + 1]).map((value, k) => Math.abs(value - expected[k]));
    });
    expect(Math.max(...errors.flatMap((error) => [...error]))).toBeLessThanOrEqual(1e-5); // torch's normals: 3e-6
  });

  it("brownianNoise() gives N(0,1) values, independent over steps that do not overlap", () => {
    const count = 20_000;
    const noise = brownianNoise({ ...range, seed: 5, length: count });
    const [a, b] = [noise(9, 3), noise(3, 0.5)];
    const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / count;
    for (const draw of [a, b]) {
      expect(Math.abs(mean(draw))).toBeLessThan(0.03); // 4/√n
      expect(Math.abs(mean(draw.map((value) => value ** 2)) - 1)).toBeLessThan(0.04);
    }
    expect(Math.abs(mean(a.map((value, i) => value * b[i])))).toBeLessThan(0.03);
  });

  it("brownianNoise() is one path: two steps add up to the step over both, in any order of asking", () => {
    const path = brownianNoise({ ...range, seed: 7n, length: 16 });
    const other = brownianNoise({ ...range, seed: 7, length: 16 });
    const whole = path(10, 1).map((value) => value * 3); // √9
    const [late, early] = [other(4, 1), other(10, 4)];
    whole.forEach((value, i) => {
      expect(early[i] * Math.sqrt(6) + late[i] * Math.sqrt(3)).toBeCloseTo(value, 4);
      expect(path(1, 10)[i]).toBeCloseTo(-whole[i] / 3, 4);
    });
  });

  it("brownianNoise() hardly changes with the number of steps", () => {
    // The sum of all increments between two levels is the same, however it was split.
    const total = (steps: number) => {
      const noise = brownianNoise({ ...range, seed: 3, length: 32 });
      const levels = sigmasKarras(steps, range);
      const sum = new Float32Array(32);
      for (let i = 1; i < steps; i++) {
        noise(levels[i - 1], levels[i]).forEach((n, k) => (sum[k] += n * Math.sqrt(levels[i - 1] - levels[i])));
      }
      return sum;
    };
    const [few, many] = [total(5), total(30)];
    few.forEach((value, k) => expect(value).toBeCloseTo(many[k], 3));
  });

  it("brownianNoise() throws when the levels are one, or outside the range", () => {
    const noise = brownianNoise({ ...range, seed: 1, length: 2 });
    expect(() => noise(2, 2)).toThrow("Cannot draw Brownian noise from 2 to 2: two levels of 0.03 … 14.6 are wanted");
    expect(() => noise(0.02, 0)).toThrow(RangeError);
  });
});

describe("seedFromNoise", () => {
  it("seedFromNoise() gives the bits of the first values", () => {
    expect(seedFromNoise(Float32Array.of(1, -2, 3))).toBe(0x3f800000c0000000n);
    expect(seedFromNoise(Float32Array.of(1))).toBe(0x3f800000n);
  });
});
