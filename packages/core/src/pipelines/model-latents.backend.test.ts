import { beforeAll, describe, expect, it } from "vitest";
import { fixturePath, goldenFloats, readGolden } from "../../../../fixtures/read-golden.ts";
import { sharedModel } from "../../../../fixtures/shared-engine.ts";
import { readImage } from "../image/png.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import type { StepTrace } from "./events.ts";
import type { Model } from "./model.ts";

describe("a model's latents", () => {
  let model: Model;
  beforeAll(async () => {
    model = await sharedModel("sd1");
  });

  it("encode() gives diffusers' mean in the diffusion model's scale", async () => {
    const { dims, data } = await model.encode(await readImage(fixturePath("cases/sd1/vae_input.png")));
    const mean = goldenFloats(readGolden("cases/sd1/vae"), "out.mean");
    expect(dims).toEqual([1, 4, 8, 8]);
    // The engine's own error; 0.18215 is the scaling factor.
    data.forEach((value, i) => expect(Math.abs(value - 0.18215 * mean[i])).toBeLessThan(1e-5));
  });

  it("generate() tells of every step x and x̂₀, and decode() makes its picture of the latents", async () => {
    const traced: (StepTrace & { readonly sigma: number })[] = [];
    const options = { prompt: "a red fox", steps: 3, sampler: "ddim", schedule: "trailing", seed: 7 } as const;
    for await (const event of model.generate({ ...options, traceSteps: true })) {
      if (event.kind === "step") traced.push({ ...event.trace!, sigma: event.sigma });
      if (event.kind !== "image") continue;
      expect(await model.decode(event.latents)).toEqual(event.image);
      // DDIM's last step goes to σ = 0, where x = x̂₀.
      event.latents.data.forEach((value, i) => expect(value).toBeCloseTo(traced[2].denoised.data[i], 5));
    }
    expect(traced).toHaveLength(3);
    const noise = new TorchGenerator(7).randn(256);
    traced[0].x.data.forEach((value, i) => expect(value / traced[0].sigma).toBeCloseTo(noise[i], 5));
    // x' = x̂₀ + (σ'/σ)·(x − x̂₀): DDIM in σ-space.
    const [{ x, denoised, sigma }, next] = traced;
    next.x.data.forEach((value, i) =>
      expect(value).toBeCloseTo(denoised.data[i] + (next.sigma / sigma) * (x.data[i] - denoised.data[i]), 4),
    );
  });

  it("generate() tells no latents of steps unless they are asked for", async () => {
    for await (const event of model.generate({ prompt: "", steps: 1 }))
      if (event.kind === "step") expect(event.trace).toBeUndefined();
  });
});
