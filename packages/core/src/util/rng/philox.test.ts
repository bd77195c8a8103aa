import { describe, expect, it, test } from "vitest";
import { goldenFloats, goldenTensor, readGolden } from "../../../../../fixtures/read-golden.ts";
import { philox4x32, PhiloxGenerator } from "./philox.ts";

const golden = readGolden("rng/philox_a1111");
const seeds = [...golden.tensors.keys()].filter((key) => key.includes("call0")).map((key) => key.split(".")[0]);

describe("PhiloxGenerator", () => {
  test.each(seeds)("philox4x32() and randn() give the golden values when the seed is %s", (seed) => {
    const key = BigInt(seed);
    const raw = goldenTensor(golden, `${seed}.philox4_32_raw.offset5`).data as Float64Array;
    for (let i = 0; i < 8; i++) {
      const words = philox4x32([5, 0, i, 0], [Number(key & 0xffffffffn), Number(key >> 32n)]);
      expect([...words]).toEqual([0, 1, 2, 3].map((word) => raw[word * 8 + i])); // stored word by word: [4, 8]
    }
    const generator = new PhiloxGenerator(key);
    for (const [name, dims] of [
      ["call0.3x4", [3, 4]],
      ["call1.17", [17]],
      ["call2.1x4x8x8", [1, 4, 8, 8]],
    ] as const) {
      expectClose(generator.randn(dims), goldenFloats(golden, `${seed}.${name}`));
    }
  });

  it("randn() gives the golden latents when the seed is 42", () => {
    expectClose(new PhiloxGenerator(42).randn([4, 32, 48]), goldenFloats(golden, "42.latents.4x32x48"));
  });

  it("restore() repeats a draw when given the saved offset", () => {
    const generator = new PhiloxGenerator(3);
    generator.randn([2]);
    const state = generator.save();
    const draw = generator.randn([5]);
    generator.restore(state);
    expect(generator.randn([5])).toEqual(draw);
  });
});

// 1e-6: the reference computes in float64 from float32 constants and rounds at the end.
function expectClose(actual: Float32Array, expected: Float32Array): void {
  expect(actual.length).toBe(expected.length);
  for (let i = 0; i < actual.length; i++) expect(Math.abs(actual[i] - expected[i])).toBeLessThanOrEqual(1e-6);
}
