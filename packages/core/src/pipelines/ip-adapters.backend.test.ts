import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import {
  tinyIpAdapterConfig,
  tinyIpAdapterWeights,
  tinyProjections,
  writeTinyIpAdapter,
} from "../../../../fixtures/tiny-ip-adapter.ts";
import { sharedEngine, sharedModel } from "../../../../fixtures/shared-engine.ts";
import { readConfig } from "../checkpoints/image-encoder.ts";
import { clipPixels } from "../image/clip-pixels.ts";
import { readImage } from "../image/png.ts";
import type { Image } from "../image/image.ts";
import { clipVisionGraph } from "../models/clip-vision.ts";
import { ipAdapterGraph } from "../models/ip-adapter.ts";
import { unetConfig } from "../models/unet-config.ts";
import type { Engine } from "../runtime/engine.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { tensor } from "../tensor/tensor.ts";
import { companionsOf } from "./companions.ts";
import { interpolate } from "./interpolate.ts";
import { encodePictures, picturePrompts } from "./ip-adapters.ts";
import type { Model } from "./model.ts";
import type { Networks } from "./networks.ts";
import { openIpAdapters } from "./open-ip-adapters.ts";

let folder: string;
let files: Record<string, string>;
let images: Image[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
  files = {};
  for (const [name, projection] of Object.entries(tinyProjections)) {
    const weights = tinyIpAdapterWeights(await tinyIpAdapterConfig("sd1", projection));
    files[name] = await writeTinyIpAdapter(folder, weights, `${name}_sd15.safetensors`);
  }
  const picture = await readImage(fixturePath("cases/sd1/init_image.png"));
  images = [picture, { ...picture, data: picture.data.map((value) => 255 - value) }];
});
afterAll(() => rm(folder, { recursive: true }));

describe("a model with IP-Adapters", () => {
  let sd: Model;
  beforeAll(async () => void (sd = await sharedModel("sd1")));
  const common = { prompt: "a fox", steps: 3, seed: 1, width: 64, height: 64 } as const;
  const latents = async (ipAdapters: Parameters<Model["generate"]>[0]["ipAdapters"], more = {}) =>
    (await sd.generate({ ...common, ...more, ipAdapters })).images[0].latents.data;
  const worst = (a: Float32Array, b: Float32Array) =>
    a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

  it("generate() makes the picture without the adapter when its weight is 0, or its part of the steps is empty", async () => {
    const path = files["ip-adapter"];
    const plain = await latents(undefined);
    expect(worst(await latents([{ path, images, weight: 0 }]), plain)).toBeLessThan(1e-6);
    expect(worst(await latents([{ path, images, end: 0 }]), plain)).toBeLessThan(1e-6);
    const whole = await latents([{ path, images }]);
    const late = await latents([{ path, images, start: 0.5 }]);
    expect(worst(whole, plain)).toBeGreaterThan(1e-3);
    expect(worst(late, plain)).toBeGreaterThan(1e-3);
    expect(worst(late, whole)).toBeGreaterThan(1e-3);
  });

  it("interpolate() lets every frame look at the pictures when adapters are given", async () => {
    const { prompt, seed, ...options } = common;
    const ipAdapters = [{ path: files["ip-adapter"], images, weight: 0.8 }];
    const keyframes = [1, 2].map((own) => ({ prompt, seed: own }));
    const frames: Float32Array[] = [];
    for await (const { latents: made } of interpolate(sd, { keyframes, framesBetween: 1 }, { ...options, ipAdapters }))
      frames.push(made.data);
    expect(frames).toEqual([await latents(ipAdapters, { seed }), await latents(ipAdapters, { seed: 2 })]);
  });

  it("generate() takes adapters together, with several pictures, in one run of both halves or two", async () => {
    const ipAdapters = [
      { path: files["ip-adapter-plus"], images, weight: 0.6 },
      { path: files["ip-adapter-full-face"], images: [images[1]], weight: 0.4, end: 0.7 },
    ];
    const together = await latents(ipAdapters, { guidanceBatching: "batched" });
    expect(worst(together, await latents(ipAdapters, { guidanceBatching: "sequential" }))).toBeLessThan(1e-4);
    expect(worst(together, await latents([ipAdapters[0], { ...ipAdapters[1], weight: 0 }]))).toBeGreaterThan(1e-3);
  });

  it("generate() goes together with the other changes of the UNet when all are asked for", async () => {
    const ipAdapters = [{ path: files["ip-adapter"], images }];
    const more = { steps: 1, pagScale: 1, tiling: "xy", freeu: [1.1, 1.1, 0.9, 0.9], attention: true } as const;
    const plain = await latents(undefined, more);
    expect(worst(await latents([{ ...ipAdapters[0], weight: 0 }], more), plain)).toBeLessThan(1e-5);
    expect(worst(await latents(ipAdapters, more), plain)).toBeGreaterThan(1e-3);
  });

  it("generate() says why when the adapter does not fit", async () => {
    const path = files["ip-adapter"];
    await expect(latents([{ path }])).rejects.toThrow(`Cannot use "${path}" without a picture (images are wanted)`);
    const other = tinyIpAdapterWeights(await tinyIpAdapterConfig("sdxl", tinyProjections["ip-adapter"]));
    const sdxl = await writeTinyIpAdapter(folder, other, "ip-adapter_sdxl.safetensors");
    await expect(latents([{ path: sdxl, images }])).rejects.toThrow(
      /it is an IP-Adapter for a UNet of \d+ attentions to text of \d+, the model's has 16 attentions to text of 24$/,
    );
    const alone = join(folder, "alone", "deep");
    await mkdir(alone, { recursive: true });
    const weights = tinyIpAdapterWeights(await tinyIpAdapterConfig("sd1", tinyProjections["ip-adapter"]));
    const lonely = await writeTinyIpAdapter(alone, weights, "lonely.safetensors");
    await rm(join(alone, "image_encoder"), { recursive: true });
    await expect(latents([{ path: lonely, images }])).rejects.toThrow("there is no image encoder beside it");
    const encoder = fixturePath("models/clip");
    expect(await latents([{ path: lonely, images, encoder }])).toEqual(await latents([{ path, images }]));
  });
});

describe("encodePictures()", () => {
  let engine: Engine;
  beforeAll(async () => void (engine = await sharedEngine()));

  it.each(Object.keys(tinyProjections))(
    "encodePictures() of %s stands for nothing as diffusers has it",
    async (name) => {
      const unet = unetConfig(await readConfig(fixturePath("models/sd1/unet")));
      const configs = { unet } as Networks["configs"];
      const options = [{ path: files[name], weight: 0.7, start: 0, end: 0.5 }];
      const [adapter] = await openIpAdapters(options, {
        images: [images],
        model: { checkpoint: { path: "sd1" }, configs },
      });
      const companions = companionsOf(async () => engine);
      const encoded = await encodePictures([adapter], { companions, needsNegative: true });
      await companions.keep([]);

      const { encoder, tensors, config } = adapter;
      const pixels = clipPixels(images, encoder.config.imageSize, encoder.statistics);
      const see = async (seen: typeof pixels) => {
        const made = await evaluate(engine, clipVisionGraph(encoder.config), { pixels: seen }, encoder);
        return name === "ip-adapter" ? made.imageEmbeds : made[`hidden.${encoder.config.layers - 1}`];
      };
      const positive = await see(pixels);
      const nothing = name === "ip-adapter" ? tensor(positive.dims) : await see(tensor(pixels.dims));
      for (const [image, own] of [
        [positive, encoded[0].positive],
        [nothing, encoded[0].negative!],
      ] as const) {
        const { states } = await evaluate(engine, ipAdapterGraph(config), { image }, { tensors });
        expect(own.dims).toEqual(states.dims);
        own.data.forEach((value, i) => expect(Math.abs(value - states.data[i])).toBeLessThan(1e-5));
      }
      const { feeds } = picturePrompts(encoded, [900, 600, 300, 10])!;
      const at = (timestep: number) => feeds({ timestep, negative: [true, false] });
      expect([...at(900).imageWeights.data, ...at(600).imageWeights.data, ...at(300).imageWeights.data]).toEqual([
        Math.fround(0.7),
        Math.fround(0.7),
        0,
      ]);
      const { positive: first, negative } = encoded[0];
      expect(at(900)["imageStates.0"].data).toEqual(Float32Array.from([...negative!.data, ...first.data]));
    },
  );
});
