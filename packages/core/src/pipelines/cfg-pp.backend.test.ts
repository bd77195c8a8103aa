import { beforeAll, describe, expect, test } from "vitest";
import { sharedModel } from "../../../../fixtures/shared-engine.ts";
import type { GenerateOptions } from "./options.ts";
import type { Model } from "./model.ts";

const quick = { prompt: "a red fox", negativePrompt: "grey", steps: 3, width: 64, height: 64, seed: 7 } as const;

describe("generate() with samplers of CFG++", () => {
  let model: Model;
  beforeAll(async () => {
    model = await sharedModel("sd1");
  });

  const latents = async (options: Partial<GenerateOptions>) =>
    (await model.generate({ ...quick, ...options })).images[0].latents.data;
  const largest = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));

  test("goes on along the unconditional prediction, which it gets batched or one half after the other", async () => {
    const batched = await latents({ sampler: "euler_cfg_pp", guidanceScale: 1.5, guidanceBatching: "batched" });
    const sequential = await latents({ sampler: "euler_cfg_pp", guidanceScale: 1.5, guidanceBatching: "sequential" });
    expect(largest(batched, sequential)).toBeLessThan(1e-4);
    expect(largest(batched, await latents({ sampler: "euler", guidanceScale: 1.5 }))).toBeGreaterThan(1e-3);
  });

  test("is the plain sampler when both prompts are one", async () => {
    const same = { negativePrompt: quick.prompt, guidanceScale: 3, schedule: "karras" } as const;
    expect(
      largest(await latents({ ...same, sampler: "dpmpp_2m_cfg_pp" }), await latents({ ...same, sampler: "dpmpp_2m" })),
    ).toBeLessThan(1e-4);
  });

  test("refuses a sampler that turns pictures into noise", async () => {
    await expect(latents({ sampler: "ddim_inverse" })).rejects.toThrow(
      /^Cannot generate with ddim_inverse: it turns pictures into noise/,
    );
  });

  test("repeats a picture whose noise is a Brownian path", async () => {
    const options = { sampler: "dpmpp_sde", seed: 11 } as const;
    const first = await latents(options);
    expect(await latents(options)).toEqual(first);
    expect(largest(first, await latents({ ...options, seed: 12 }))).toBeGreaterThan(0.1);
  });
});
