import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { tinyLatentUpscaler } from "../../../../fixtures/tiny-latent-upscaler.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { betas } from "../diffusion/betas.ts";
import { discretize } from "../diffusion/discretization.ts";
import { readImage } from "../image/png.ts";
import { resizeImage } from "../image/resize.ts";
import { clipTextConfig, clipTextGraph } from "../models/clip-text.ts";
import { unetConfig } from "../models/unet-config.ts";
import { unetGraph } from "../models/unet.ts";
import { stack, unstack } from "../tensor/batch.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import { clipTokens } from "../tokenizers/clip-tokens.ts";
import { openTokenizer } from "../tokenizers/open.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import type { Model } from "./model.ts";
import { load } from "./model.ts";

let files: Awaited<ReturnType<typeof tinyLatentUpscaler>>;
let model: Model;
beforeAll(async () => {
  files = await tinyLatentUpscaler();
  model = await load(files.folder, { device: "cpu", threads: 1 });
});
afterAll(async () => {
  await model.close();
  files.remove();
});

const small = tensor([1, 4, 8, 8], Float32Array.from(new TorchGenerator(3).randn(256)));
const one = async (options: Parameters<Model["generate"]>[0]) => (await model.generate(options)).images[0];

/** The steps of diffusers' StableDiffusionLatentUpscalePipeline with its Euler scheduler, written out. */
async function reference({
  prompt,
  negative,
  scale,
  seed,
}: {
  prompt: string;
  negative: string;
  scale: number;
  seed: number;
}): Promise<Float32Array> {
  const { networks, tokenizers } = model.checkpoint;
  const tokenizer = await openTokenizer(tokenizers.tokenizer!);
  const engine = await sharedEngine();
  try {
    const textConfig = clipTextConfig(networks.textEncoder!.config, { withProjection: false });
    const text = await engine.load(clipTextGraph(textConfig), networks.textEncoder!.tensors, { source: "text" });
    const encoded = [];
    for (const words of [negative, prompt]) {
      const ids = BigInt64Array.from(clipTokens(tokenizer, words).ids, BigInt);
      const { [`hidden.${textConfig.layers}`]: context, pooled } = await text.run({
        ids: { dims: [1, 77], data: ids },
      });
      encoded.push({ context, pooled });
    }
    const unet = await engine.load(unetGraph(unetConfig(networks.unet.config)), networks.unet.tensors, {
      source: "unet",
    });
    const { sigmas: trained } = discretize(betas());
    const sigmas = [trained[999], trained[0], 0];
    let x: Float32Array = new TorchGenerator(seed).randn(4 * 256).map((value) => value * sigmas[0]);
    for (let i = 0; i < 2; i++) {
      const sigma = sigmas[i];
      const sample = new Float32Array(8 * 256);
      x.forEach((value, at) => {
        const [channel, row, column] = [Math.floor(at / 256), Math.floor((at % 256) / 16), at % 16];
        sample[at] = value / Math.sqrt(sigma ** 2 + 1);
        sample[at + 4 * 256] = small.data[channel * 64 + (row >> 1) * 8 + (column >> 1)];
      });
      const { out } = await unet.run({
        sample: stack([0, 1].map(() => tensor([1, 8, 16, 16], sample))),
        timestep: tensor([2], new Float32Array(2).fill(Math.log(sigma) * 0.25)),
        context: stack(encoded.map(({ context }) => context)),
        pooled: stack(encoded.map(({ pooled }) => pooled)),
      });
      // noise_pred = x/(σ²+1) + σ/√(σ²+1)·F, which the scheduler takes for x₀; F is minus what our graph makes.
      const [without, withPrompt] = unstack(out).map(({ data }) =>
        data.map((f, at) => x[at] / (sigma ** 2 + 1) - (sigma / Math.sqrt(sigma ** 2 + 1)) * f),
      );
      x = x.map((value, at) => {
        const clean = without[at] + scale * (withPrompt[at] - without[at]);
        return value + ((value - clean) / sigma) * (sigmas[i + 1] - sigma);
      });
    }
    return x;
  } finally {
  }
}

describe("generate() with the latent ×2 upscaler", () => {
  it("load() reads its folder as what it is", () => {
    expect(model.checkpoint).toMatchObject({ task: "latent-upscaling", prediction: "v_prediction", family: "sd1" });
    expect(model.checkpoint.scheduler.prediction_type).toBe("sample");
  });

  it("generate() takes the steps of diffusers' pipeline from small latents", async () => {
    const asked = { prompt: "a red fox", negativePrompt: "blurry", guidanceScale: 3, steps: 2, seed: 9 };
    const { latents, image, record } = await one({ ...asked, compat: "diffusers", init: small });
    expect(latents.dims).toEqual([1, 4, 16, 16]);
    expect([image!.width, image!.height]).toEqual([128, 128]);
    expect(record).toMatchObject({ init: "latents", options: { width: 128, height: 128 } });
    const wanted = await reference({ prompt: asked.prompt, negative: asked.negativePrompt, scale: 3, seed: 9 });
    const errors = latents.data.map((value, i) => Math.abs(value - wanted[i]) / Math.max(1, Math.abs(wanted[i])));
    expect(Math.max(...errors)).toBeLessThan(1e-3);
  });

  it("generate() doubles a picture, whose latents are drawn before the noise", async () => {
    const picture = resizeImage(await readImage(fixturePath("cases/sd1/init_image.png")), { width: 96, height: 64 });
    const options = { prompt: "a fox", steps: 1, seed: 4, guidanceScale: 1 } as const;
    const { image, record } = await one({ ...options, init: picture });
    expect([image!.width, image!.height]).toEqual([192, 128]);
    expect(record.init).toBe("image");
    const { latents: fromMean } = await one({ ...options, init: (await model.encode(picture)) as Tensor });
    expect(fromMean.dims).toEqual([1, 4, 16, 24]);
  });

  it("generate() throws when there is nothing to enlarge, or it has another size than can be", async () => {
    const picture = await readImage(fixturePath("cases/sd1/init_image.png"));
    const sized = (width: number, height: number) => resizeImage(picture, { width, height });
    await expect(one({ prompt: "a fox" })).rejects.toThrow("an upscaling model and no picture");
    await expect(one({ prompt: "a fox", init: sized(64, 80) })).rejects.toThrow(
      "Cannot upscale to 128×160: a picture whose sides divide by 32, of 64 at least, is wanted",
    );
    await expect(one({ prompt: "a fox", init: sized(32, 64) })).rejects.toThrow("of 64 at least");
    await expect(one({ prompt: "a fox", init: sized(64, 64), width: 256 })).rejects.toThrow(
      "Cannot upscale a picture of 64×64: 128×64 is wanted for the size asked for",
    );
    await expect(one({ prompt: "a fox", init: sized(64, 64), mask: sized(64, 64) })).rejects.toThrow(
      "an upscaling model and a mask",
    );
  });
});
