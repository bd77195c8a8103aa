// generate() with ControlNets and T2I-Adapters on tiny models of random weights; beside diffusers' pictures: fidelity/.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { sharedModel } from "../../../../fixtures/shared-engine.ts";
import type { Image } from "../image/image.ts";
import { readImage } from "../image/png.ts";
import { resizeImage } from "../image/resize.ts";
import type { Control } from "./control-options.ts";
import type { ImageEvent } from "./events.ts";
import type { Model } from "./model.ts";

const quick = {
  prompt: "a red fox",
  negativePrompt: "fog",
  steps: 2,
  width: 64,
  height: 64,
  seed: 7,
  sampler: "euler",
} as const;
const net = fixturePath("models/controlnet-sd1");
const adapter = fixturePath("models/t2iadapter-sd1");
let model: Model;
let image: Image;
let init: Image;
beforeAll(async () => {
  model = await sharedModel("sd1");
  image = await readImage(fixturePath("cases/controlnet-sd1/control_image.png"));
  init = await readImage(fixturePath("cases/controlnet-sd1/init_image.png"));
});

type Options = Partial<Parameters<Model["generate"]>[0]>;
const one = async (options: Options): Promise<ImageEvent> => (await model.generate({ ...quick, ...options })).images[0];
const controlled = (control: Partial<Control>, options: Options = {}) =>
  one({ ...options, controls: [{ path: net, image, ...control }] });
const notices = async (options: Options): Promise<string[]> => {
  const texts: string[] = [];
  for await (const event of model.generate({ ...quick, ...options }))
    if (event.kind === "notice") texts.push(event.text);
  return texts;
};
/** The largest difference of two pictures' latents. */
const distance = (a: ImageEvent, b: ImageEvent) =>
  Math.max(...a.latents.data.map((value, i) => Math.abs(value - b.latents.data[i])));

describe("generate() with controls", () => {
  const both = (weight: number, more: Partial<Control> = {}) =>
    one({ controls: [net, adapter].map((path) => ({ path, image, weight, ...more })) });

  it("generate() makes the plain picture when controls have no weight or no step", async () => {
    const plain = await one({});
    expect(distance(await both(1), plain)).toBeGreaterThan(1e-3);
    expect(distance(await both(0), plain)).toBeLessThan(1e-5);
    expect(distance(await both(1, { end: 0.4 }), plain)).toBeLessThan(1e-5);
  });

  it("generate() adds up controls: two halves are a whole, of networks and of adapters together", async () => {
    const halves = [net, adapter, net, adapter].map((path) => ({ path, image, weight: 0.5 }));
    expect(distance(await one({ controls: halves }), await both(1))).toBeLessThan(1e-4);
  });

  it("generate() makes one picture whether guidance runs batched or one half after the other", async () => {
    for (const mode of ["balanced", "control"] as const) {
      const [batched, sequential] = await Promise.all(
        (["batched", "sequential"] as const).map((guidanceBatching) => controlled({ mode }, { guidanceBatching })),
      );
      expect(distance(batched, sequential)).toBeLessThan(1e-4);
    }
  });

  it("generate() leaves the negative prompt alone when the control leads, so that without guidance prompt and control agree", async () => {
    const [prompt, control] = await Promise.all((["prompt", "control"] as const).map((mode) => controlled({ mode })));
    expect(distance(prompt, control)).toBeGreaterThan(1e-4);
    const unguided = (mode: Control["mode"]) => controlled({ mode }, { guidanceScale: 1 });
    expect(distance(await unguided("prompt"), await unguided("control"))).toBeLessThan(1e-6);
  });

  it("generate() follows the initial picture when a control brings none", async () => {
    const given = await one({ init, controls: [{ path: net, image: init }] });
    const implied = await one({ init, controls: [{ path: net }] });
    expect(distance(given, implied)).toBe(0);
    expect([given.record.controls, implied.record.controls]).toEqual([true, undefined]);
    expect(given.record.options.controls).toEqual(implied.record.options.controls);
    await expect(one({ controls: [{ path: net }] })).rejects.toThrow(
      `Cannot follow "${net}" without a picture (image, or an initial picture, is wanted)`,
    );
  });

  it("generate() follows the part of the picture that is painted when only that is", async () => {
    const large = resizeImage(init, { width: 96, height: 96 });
    const mask: Image = { width: 96, height: 96, channels: 3, data: new Uint8Array(96 * 96 * 3) };
    for (let y = 32; y < 64; y++) mask.data.fill(255, 3 * (y * 96 + 32), 3 * (y * 96 + 64));
    const masked = { init: large, mask, maskArea: "masked", maskPadding: 8 } as const;
    const whole = await controlled({ image: large }, masked);
    expect(distance(whole, await one({ ...masked, controls: [{ path: net }] }))).toBeLessThan(1e-5);
    await expect(controlled({}, masked)).rejects.toThrow("96×96, the picture's size, is wanted");
  });

  it("generate() resizes a control picture to each pass, and says so, when it has the shape", async () => {
    const hires = { hiresScale: 2, width: 32, height: 32 };
    expect(await notices({ ...hires, controls: [{ path: net, image }] })).toContain(
      "control picture of 64×64 resized to 32×32",
    );
    const wide = resizeImage(image, { width: 128, height: 64 });
    await expect(controlled({ image: wide })).rejects.toThrow("the shape of 64×64 is wanted");
    expect(await notices({ controls: [{ path: net, image: wide, fit: "crop" }] })).toContain(
      "control picture of 128×64 resized to 64×64 (crop)",
    );
  });

  it("generate() draws the control picture by an annotator when one is named", async () => {
    const annotatorOptions = { low: 20, high: 40 };
    const drawn = await controlled({ annotator: "canny", annotatorOptions });
    expect(distance(drawn, await controlled({}))).toBeGreaterThan(1e-4);
    expect(drawn.record.options.controls).toMatchObject([{ annotator: "canny", annotatorOptions }]);
  });

  it("generate() shows windows their parts of the control picture when it denoises in windows", async () => {
    const whole = await controlled({});
    const tiled = { tiledDiffusion: "multidiffusion", tileSize: 64, tileOverlap: 0.5 } as const;
    expect(distance(await controlled({}, tiled), whole)).toBeLessThan(1e-5);
    const { latents } = await controlled({ fit: "stretch" }, { ...tiled, width: 96, steps: 1 });
    expect(latents.data.every(Number.isFinite)).toBe(true);
    await expect(controlled({ path: adapter }, tiled)).rejects.toThrow(
      "the features of T2I-Adapters are of whole pictures",
    );
  });

  it("generate() averages outputs, for the prompt's half alone, when the ControlNet pools", async () => {
    const folder = mkdtempSync(join(tmpdir(), "control-"));
    cpSync(net, folder, { recursive: true });
    const config = JSON.parse(readFileSync(join(net, "config.json"), "utf8"));
    writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, global_pool_conditions: true }));
    try {
      const pooled = await controlled({ path: folder });
      expect(distance(pooled, await controlled({}))).toBeGreaterThan(1e-4);
      expect(distance(pooled, await controlled({ path: folder, mode: "guess" }))).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    [fixturePath("models/controlnet-sdxl"), {}, "it is a ControlNet for SDXL, the model is SD 1"],
    [
      adapter,
      { mode: "guess" },
      "it is a T2I-Adapter, which has no mode guess (balanced, prompt or control is wanted)",
    ],
  ] as const)("generate() says why %s does not go with the model", async (path, more, why) => {
    await expect(controlled({ path, ...more })).rejects.toThrow(
      `Cannot use "${path}" with "${model.checkpoint.path}": ${why}`,
    );
  });

  it("generate() says which sizes differ when a control is for another model of the family", async () => {
    const folder = mkdtempSync(join(tmpdir(), "control-"));
    cpSync(net, folder, { recursive: true });
    const config = JSON.parse(readFileSync(join(net, "config.json"), "utf8"));
    writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, block_out_channels: [8, 8, 16, 32] }));
    try {
      await expect(controlled({ path: folder })).rejects.toThrow(
        /the ControlNet has skips of 8, 8, .*32, 32 channels, text states of 24, the model's UNet skips of 8, 8, .*16, 16 channels/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
