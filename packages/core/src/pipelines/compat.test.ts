import { describe, expect, test } from "vitest";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { PhiloxGenerator } from "../util/rng/philox.ts";
import { compatModes, withCompat } from "./compat.ts";
import { pictureNoise, stepNoise } from "./noise.ts";
import { generateOptions, parseOptions } from "./options.ts";
import { compatIds } from "./prompt-options.ts";
import { planSampling } from "./sampling.ts";

const prompt = "a fox";
const checkpoint = {
  scheduler: { _class_name: "PNDMScheduler", beta_start: 0.00085, beta_end: 0.012, beta_schedule: "scaled_linear" },
  prediction: "epsilon",
} as const;
const planOf = (options: object) =>
  planSampling(checkpoint as never, { ...parseOptions({ prompt, ...options }), steps: 10 }, { fromPicture: false })
    .plan;

describe("withCompat()", () => {
  test.each(compatIds)(
    "withCompat() sets choices that parse when the program is %s, and parsing twice changes nothing",
    (compat) => {
      const once = parseOptions({ prompt, compat });
      expect(once.compat).toBe(compat);
      expect(parseOptions(once)).toEqual(once);
      for (const name of Object.keys(compatModes[compat]({ prompt })))
        expect(generateOptions.shape).toHaveProperty(name);
    },
  );

  test("withCompat() leaves what was asked for itself", () => {
    expect(withCompat({ prompt, compat: "a1111", rng: "cpu", emphasis: undefined })).toMatchObject({
      rng: "cpu",
      emphasis: "original",
    });
    expect(withCompat({ prompt })).toEqual({ prompt });
  });

  test("withCompat() gives A1111's sampler its schedule and both prompts one clip skip", () => {
    expect(withCompat({ prompt, compat: "a1111", sampler: "dpmpp_3m_sde", clipSkip: 2 })).toMatchObject({
      schedule: "exponential",
      discardPenultimate: "on",
      clipSkipNegative: 2,
    });
    expect(withCompat({ prompt, compat: "a1111" })).toMatchObject({ sampler: "dpmpp_2m", schedule: "karras" });
  });

  test.each(["a1111", "comfyui"] as const)("withCompat() gives %s's SDE samplers their Brownian path", (compat) => {
    expect(planOf({ compat, sampler: "dpmpp_2m_sde" }).noise).toBe("brownian");
    expect(planOf({ compat, sampler: "dpmpp_2m_sde", noise: "independent" }).noise).toBeUndefined();
    expect(planOf({ compat, sampler: "dpmpp_2m_sde", eta: 0 }).noise).toBeUndefined();
    expect(planOf({ compat, sampler: "euler_ancestral" }).noise).toBeUndefined();
  });

  test("withCompat() plans without a schedule when the noise levels are given", () => {
    expect(() => planOf({ compat: "a1111", sigmas: [10, 1, 0] })).not.toThrow();
  });
});

describe("planSampling() with discardPenultimate", () => {
  test("planSampling() leaves the last level but one out of a plan of a step more", () => {
    const options = { sampler: "dpm_2", schedule: "karras" };
    const { sigmas } = planSampling(
      checkpoint as never,
      { ...parseOptions({ prompt, ...options }), steps: 11 },
      { fromPicture: false },
    ).plan;
    const discarded = planOf({ ...options, discardPenultimate: "on" });
    expect(discarded.sigmas).toEqual([...sigmas.slice(0, -2), 0]);
    expect(discarded.timesteps).toHaveLength(10);
  });
});

describe("stepNoise()", () => {
  const first = { seed: 7, rng: "cpu" } as const;
  const dims = [1, 4, 2, 2];

  test("stepNoise() goes on with the first generator when nothing else is said", () => {
    const draw = pictureNoise(first);
    draw(dims);
    const generator = new TorchGenerator(7);
    generator.randn(16);
    expect(stepNoise(draw, { ...first, stepRng: "same", noiseSeedDelta: 0 })(dims)).toEqual(generator.randn(16));
  });

  test("stepNoise() begins anew at the moved seed when there is an ENSD", () => {
    const draw = stepNoise(pictureNoise(first), { ...first, stepRng: "same", noiseSeedDelta: 31337 });
    expect(draw(dims)).toEqual(new TorchGenerator(31344).randn(16));
  });

  test("stepNoise() draws a picture's part of the whole batch from CUDA's numbers as ComfyUI does on a GPU", () => {
    const batch = { index: 1, size: 3 };
    const draw = stepNoise(pictureNoise({ ...first, batch }), {
      ...first,
      batch,
      stepRng: "philox",
      noiseSeedDelta: 0,
    });
    expect(draw(dims)).toEqual(new PhiloxGenerator(7).randn([48]).subarray(16, 32));
  });
});
