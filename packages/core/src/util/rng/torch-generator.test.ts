import { describe, expect, it, test } from "vitest";
import { goldenFloats, readGolden } from "../../../../../fixtures/read-golden.ts";
import { TorchGenerator } from "./torch-generator.ts";

const sizes = readGolden("rng/torch_randn_sizes");
const other = readGolden("rng/torch_other");
const latents = readGolden("rng/torch_latents");
const generator = (seed: string) => new TorchGenerator(BigInt(seed));

// Tolerances: torch's vector path (n ≥ 16) uses float32 polynomials for log, sin and cos.
const tolerance = (count: number) => (count < 16 ? 1.2e-7 : 3e-6);

function worst(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  return Math.max(...Array.from(actual, (value, i) => Math.abs(value - expected[i])));
}

describe("TorchGenerator golden", () => {
  test.each([...sizes.tensors.keys()])("%s", (key) => {
    const [seed, what] = key.split(".");
    const data = sizes.tensors.get(key)!.data as Float32Array | Float64Array;
    if (what === "mt19937_u32") {
      const words = generator(seed);
      expect([...data].map(() => words.nextUint32())).toEqual([...data]);
      return;
    }
    expect(worst(generator(seed).randn(data.length), data)).toBeLessThanOrEqual(tolerance(data.length));
  });

  // One call per distribution of the golden file; the weights and probabilities are those it was made with.
  const draws: Record<string, [(g: TorchGenerator, count: number) => ArrayLike<number>, number]> = {
    rand10: [(g, n) => g.rand(n), 0],
    rand100: [(g, n) => g.rand(n), 0],
    rand10_f64: [(g, n) => g.rand(n, "float64"), 0],
    rand10_f16: [(g, n) => g.rand(n, "float16"), 0],
    uniform_m2_3: [(g, n) => g.uniform(n, -2, 3), 2.4e-7],
    randn12_f64: [(g, n) => g.randn(n, "float64"), 1e-15],
    randn40_f64: [(g, n) => g.randn(n, "float64"), 1e-14],
    normal_1_2_7: [(g, n) => g.normal(n, 1, 2), 4.8e-7],
    normal_1_2_20: [(g, n) => g.normal(n, 1, 2), 6e-6],
    randint_0_1000: [(g, n) => g.randint(n, 0, 1000), 0],
    randint_0_2: [(g, n) => g.randint(n, 0, 2), 0],
    randint_m5_7: [(g, n) => g.randint(n, -5, 7), 0],
    randint_0_2pow40: [(g, n) => g.randint(n, 0, 2 ** 40), 0],
    randperm10: [(g, n) => g.randperm(n), 0],
    randperm100: [(g, n) => g.randperm(n), 0],
    "bernoulli_0.3": [(g, n) => g.bernoulli(n, 0.3), 0],
    bernoulli_tensor: [(g, n) => g.bernoulliEach(Float32Array.from({ length: n }, (_, i) => i / (n - 1))), 0],
    exponential: [(g, n) => g.exponential(n), 1e-6],
    multinomial: [
      (g, n) =>
        g.multinomial(
          Array.from({ length: 10 }, (_, i) => i + 1),
          n,
        ),
      0,
    ],
  };
  const half = (g: TorchGenerator, key: string, n: number) =>
    g.randn(n, key.endsWith("_bf16") ? "bfloat16" : "float16");

  test.each([...other.tensors.keys()].filter((key) => !key.includes(".seq.")))("%s", (key) => {
    const [, seed, what] = /^(\d+)\.(.*)$/.exec(key)!;
    const expected = other.tensors.get(key)!.data as Float32Array;
    if (/^randn\d+_b?f16$/.test(what)) {
      // A half type shows only the rounding of values that agree to 3e-6: at most one spacing apart, and nearly always equal.
      const actual = half(generator(seed), what, expected.length);
      const spacing = what.endsWith("_bf16") ? 2 ** -7 : 2 ** -10;
      const differing = Array.from(actual).filter((value, i) => value !== expected[i]);
      expect(differing.length).toBeLessThanOrEqual(1);
      expect(worst(actual, expected)).toBeLessThanOrEqual(4 * spacing);
      return;
    }
    const [draw, allowed] = draws[what];
    expect(worst(draw(generator(seed), expected.length), expected)).toBeLessThanOrEqual(allowed);
  });

  test.each(other.json.seeds as number[])("a sequence of mixed draws from seed %d", (seed) => {
    const g = new TorchGenerator(seed);
    for (const key of [...other.tensors.keys()].filter((name) => name.startsWith(`${seed}.seq.`)).sort()) {
      const [, , , operation, count] = key.split(".");
      const n = Number(count);
      const draw = {
        randn: () => g.randn(n),
        rand: () => g.rand(n),
        randint100: () => g.randint(n, 0, 100),
        randperm: () => g.randperm(n),
      }[operation]!;
      expect(worst(draw(), other.tensors.get(key)!.data as Float32Array), key).toBeLessThanOrEqual(
        operation === "randn" ? tolerance(n) : 0,
      );
    }
  });

  it("draws latents of images as diffusers does", () => {
    const one = new TorchGenerator(42);
    expect(
      worst(new TorchGenerator(42).randn(4 * 64 * 64), goldenFloats(latents, "42.latents_1_4_64_64")),
    ).toBeLessThanOrEqual(3e-6);
    expect(worst(one.randn(3 * 4 * 8 * 8), goldenFloats(latents, "42.one_generator_3x4x8x8"))).toBeLessThanOrEqual(
      3e-6,
    );
    const list = [42, 43, 44].flatMap((seed) => [...new TorchGenerator(seed).randn(4 * 8 * 8)]);
    expect(worst(list, goldenFloats(latents, "42.list_of_generators_3x4x8x8"))).toBeLessThanOrEqual(3e-6);
    const global = new TorchGenerator(42);
    expect(worst(global.randn(20), goldenFloats(latents, "42.global_randn_20"))).toBeLessThanOrEqual(3e-6);
    expect(worst(global.randn(18), goldenFloats(latents, "42.global_randn_like_2x9"))).toBeLessThanOrEqual(3e-6);
    expect(
      worst(new TorchGenerator(42).randn(256, "float16"), goldenFloats(latents, "42.f16_1x4x8x8")),
    ).toBeLessThanOrEqual(2e-3);
  });
});

describe("TorchGenerator", () => {
  it("save() and restore() continue the same stream when a normal is waiting", () => {
    const g = new TorchGenerator(7);
    g.randn(3);
    const state = g.save();
    const first = [g.randn(1)[0], ...g.rand(700), ...g.randn(40)];
    g.restore(state);
    expect([g.randn(1)[0], ...g.rand(700), ...g.randn(40)]).toEqual(first);
  });

  it("constructor throws when the seed is not an integer", () => {
    expect(() => new TorchGenerator(1.5)).toThrow("Cannot seed generator: 1.5 (an integer is wanted)");
  });

  it("randn() has mean 0 and variance 1 when the sample is large", () => {
    const normals = new TorchGenerator(1).randn(100_000);
    const mean = normals.reduce((sum, z) => sum + z, 0) / normals.length;
    const variance = normals.reduce((sum, z) => sum + (z - mean) ** 2, 0) / normals.length;
    expect(Math.abs(mean)).toBeLessThan(0.01); // 3 standard errors
    expect(Math.abs(variance - 1)).toBeLessThan(0.015);
  });

  it("randint() and multinomial() throw when there is nothing to draw from", () => {
    expect(() => new TorchGenerator(1).randint(3, 5, 5)).toThrow("the range [5, 5) is empty");
    expect(() => new TorchGenerator(1).multinomial([0, 0], 1)).toThrow("their sum is 0");
  });
});
