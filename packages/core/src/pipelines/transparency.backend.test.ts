// Models for transparent pictures, through the ordinary load() and generate().

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tinySticker, writeTinyStickerModel } from "../../../../fixtures/tiny-sticker-model.ts";
import type { Image } from "../image/image.ts";
import { readImage, writePng } from "../image/png.ts";
import type { ImageEvent } from "./events.ts";
import type { Model } from "./model.ts";
import { load } from "./model.ts";

const { side, enlarged } = tinySticker;
let folder: string;
let model: Model;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
  await writeTinyStickerModel(folder);
  model = await load(folder, { device: "cpu" });
});
afterAll(async () => {
  await model.close();
  await rm(folder, { recursive: true });
});
const one = async (options: Parameters<Model["generate"]>[0]): Promise<ImageEvent> =>
  (await model.generate({ seed: 7, ...options })).images[0];
const plain = { prompt: "a red fox, 3d glossy", upscale: false } as const;

/** A half-transparent gradient with a hole, which has colours of its own. */
const sticker = (size: number): Image => ({
  width: size,
  height: size,
  channels: 4,
  data: Uint8Array.from({ length: 4 * size * size }, (_, i) => (i % 4 === 3 && i < size * 8 ? 0 : (i * 7) % 256)),
});
const half = (size: number): Image => ({
  width: size,
  height: size,
  channels: 3,
  data: new Uint8Array(3 * size * size).fill(255, 0, Math.floor((3 * size * size) / 2)),
});

describe("generate() with a model for transparent pictures", () => {
  it("generate() makes a picture with alpha in the UNet's own size, by the folder's steps and guidance, when nothing is said", async () => {
    const { image, latents, record } = await one(plain);
    expect([image!.width, image!.height, image!.channels]).toEqual([side, side, 4]);
    expect(latents.dims).toEqual([1, 6, side / 2, side / 2]);
    expect(record.options).toMatchObject({ steps: 3, guidanceScale: 2, width: side, upscale: false });
    expect(record.enlarged).toBeUndefined();
    const alphas = new Set(image!.data.filter((_, i) => i % 4 === 3));
    expect(alphas.size).toBeGreaterThan(1);
    await writePng(join(folder, "picture.png"), image!);
    expect(await readImage(join(folder, "picture.png"))).toEqual(image);
  });

  it("generate() enlarges the picture by the folder's network unless told not to, and says so in the record", async () => {
    const [{ image: small }, { image, record }] = [await one(plain), await one({ ...plain, upscale: undefined })];
    expect([image!.width, image!.height, image!.channels]).toEqual([enlarged, enlarged, 4]);
    expect(record.enlarged).toEqual({ name: "x2", scale: 2 });
    expect(record.options).toMatchObject({ width: side, upscale: true });
    // The network adds to the nearest-neighbour enlargement; its weights here are small.
    const mean = ({ data }: Image) => data.reduce((sum, value) => sum + value, 0) / data.length;
    expect(Math.abs(mean(image!) - mean(small!))).toBeLessThan(60);
  });

  it("generate() decodes in tiles what it decodes whole when pictures have alpha", async () => {
    const { image } = await one({ ...plain, width: 32, height: 24, tiledDecode: "on" });
    expect([image!.width, image!.height, image!.channels]).toEqual([32, 24, 4]);
  });

  it("generate() shows previews with alpha when they are asked for", async () => {
    const previews: Image[] = [];
    for await (const event of model.generate({ ...plain, seed: 1, previewEvery: 1 }))
      if (event.kind === "step") previews.push(event.preview!);
    expect(previews.map(({ channels, width }) => [channels, width])).toEqual(
      [4, 4, 4].map((channels) => [channels, side]),
    );
  });

  it.each(["ddim", "euler", "euler_ancestral", "dpmpp_2m", "unipc", "heun"] as const)(
    "generate() makes a finite picture when it begins at noise alone with %s",
    async (sampler) => {
      const { latents } = await one({ ...plain, sampler });
      expect(latents.data.every(Number.isFinite)).toBe(true);
    },
  );

  it.each([
    ["an emoji", "🦊"],
    ["an emoji of several characters", "👩‍🚀, 3d"],
    ["Chinese", "红苹果，扁平"],
    ["Japanese", "赤いキツネ、フラット"],
    ["an emoji with emphasis", "(🦊:1.3) [🍕]"],
    ["more words than the context holds", "a red fox and a pizza on a blue background ".repeat(3)],
    ["nothing", ""],
  ])("generate() takes a prompt that is %s", async (_, prompt) => {
    const notices: string[] = [];
    for await (const event of model.generate({ ...plain, prompt, seed: 1, steps: 1 })) {
      if (event.kind === "notice") notices.push(event.text);
      if (event.kind === "image") expect(event.record.options.prompt).toBe(prompt);
    }
    expect(notices.filter((text) => !text.includes("cut"))).toEqual([]);
  });

  it.each([
    ["of its size", side, plain],
    ["of the size of enlarged ones", enlarged, { ...plain, upscale: true }],
  ])("generate() starts from a transparent picture %s and keeps its pixels under a mask", async (_, size, options) => {
    const init = sticker(size);
    const { image, record } = await one({ ...options, init, mask: half(size), strength: 0.7, pasteOriginal: true });
    expect(record.options.width).toBe(side);
    expect(image).toMatchObject({ width: size, height: size, channels: 4 });
    const from = (size * size * 4) / 2;
    expect(image!.data.subarray(from)).toEqual(init.data.subarray(from));
    expect(image!.data.subarray(0, from)).not.toEqual(init.data.subarray(0, from));
  });

  it.each([
    { fill: "fill" },
    { maskArea: "masked" },
    { maskArea: "masked", upscale: true },
    { softInpainting: true },
  ] as const)("generate() paints under a mask with %j", async (options) => {
    const { image } = await one({ ...plain, init: sticker(side), mask: half(side), ...options });
    expect(image!.channels).toBe(4);
  });

  it("generate() takes opaque pictures, outpaints, and goes over an enlarged picture again when asked to", async () => {
    const opaque: Image = { width: side, height: side, channels: 3, data: new Uint8Array(3 * side * side).fill(9) };
    expect((await one({ ...plain, init: opaque, steps: 2 })).image!.channels).toBe(4);
    const wide = await one({ ...plain, init: sticker(side), outpaint: [8, 0, 8, 0], strength: 1 });
    expect(wide.image).toMatchObject({ width: side + 16, height: side, channels: 4 });
    const twice = await one({ ...plain, hiresScale: 2, hiresUpscaler: "lanczos", upscale: true });
    expect(twice.image).toMatchObject({ width: 4 * side, channels: 4 });
  });

  it("generate() goes by what is seen of a picture when colours lie under its transparency", async () => {
    const init = sticker(side);
    const recoloured = {
      ...init,
      data: init.data.map((value, i) => (init.data[i | 3] === 0 && i % 4 < 3 ? 99 : value)),
    };
    const options = { ...plain, strength: 0.5, steps: 2 };
    expect((await one({ ...options, init: recoloured })).image).toEqual((await one({ ...options, init })).image);
  });
});

describe("load()", () => {
  it("load() throws when the folder names an upscaler that is none", async () => {
    const broken = join(folder, "broken");
    await writeTinyStickerModel(broken, { preferences: { upscaler: "unet/diffusion_pytorch_model.safetensors" } });
    await expect(load(broken, { device: "cpu" })).rejects.toThrow("an ESRGAN or Real-ESRGAN upscaler is wanted");
  });

  it("generate() throws when it is to enlarge and the model brings no upscaler", async () => {
    const bare = join(folder, "bare");
    await writeTinyStickerModel(bare, { preferences: {} });
    const without = await load(bare, { device: "cpu" });
    try {
      await expect(without.generate({ prompt: "x", upscale: true })).rejects.toThrow("it brings no upscaler");
    } finally {
      await without.close();
    }
  });
});
