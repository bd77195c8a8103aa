import { beforeAll, describe, expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { sharedModel } from "../../../../fixtures/shared-engine.ts";
import type { Image } from "../image/image.ts";
import { blurMask, maskFromImage } from "../image/mask.ts";
import { readImage } from "../image/png.ts";
import { resizeImage } from "../image/resize.ts";
import { interpolate } from "./interpolate.ts";
import type { Model } from "./model.ts";
import type { ImageEvent } from "./events.ts";
import { latentMask } from "./inpaint-channels.ts";

const quick = { prompt: "a red fox", steps: 2, width: 64, height: 64, seed: 7, sampler: "euler" } as const;
let model: Model;
let init: Image;
let mask: Image;
beforeAll(async () => {
  model = await sharedModel("sd1");
  init = await readImage(fixturePath("cases/sd1/init_image.png"));
  mask = await readImage(fixturePath("cases/sd1/mask.png"));
});
const one = async (options: Parameters<Model["generate"]>[0], from = model): Promise<ImageEvent> =>
  (await from.generate(options)).images[0];

describe("generate() with a mask", () => {
  const edit = () => ({ ...quick, init, mask });

  it.each([
    { maskBlending: "denoised" },
    { softInpainting: true, maskBlur: 2 },
    { fill: "fill" },
    { fill: "noise" },
    { strength: 1 },
    { sampler: "dpmpp_2m_sde", schedule: "karras", fill: "nothing" },
  ] as const)(
    "generate() keeps the known latents whatever the prompt with %j, and paints the others",
    async (options) => {
      const [fox, sea] = await Promise.all(
        ["a red fox", "a blue sea"].map((prompt) => one({ ...edit(), ...options, prompt })),
      );
      expect(fox.record.mask).toBe(true);
      const soft = "softInpainting" in options;
      const weights = latentMask(blurMask(maskFromImage(mask), soft ? 2 : 0), [1, 4, 8, 8], { soft });
      let kept = 0;
      fox.latents.data.forEach((value, i) => {
        const isKept = weights[i % 64] === 0;
        kept += Number(isKept);
        expect(value === sea.latents.data[i]).toBe(isKept);
      });
      expect(kept).toBeGreaterThan(50);
    },
  );

  it("generate() gives the original's bytes back outside the mask when told to paste them", async () => {
    const { image } = await one({ ...edit(), pasteOriginal: true });
    let kept = 0;
    for (let i = 0; i < mask.width * mask.height; i++) {
      if (mask.data[i * mask.channels] !== 0) continue;
      kept++;
      expect([...image!.data.subarray(3 * i, 3 * i + 3)]).toEqual([...init.data.subarray(3 * i, 3 * i + 3)]);
    }
    expect(kept).toBeGreaterThan(0);
  });

  it("generate() returns the whole picture when it worked on the masked part only", async () => {
    const large = resizeImage(init, { width: 160, height: 120 });
    const { image } = await one({
      ...quick,
      init: large,
      mask: { ...resizeImage(mask, { width: 160, height: 120, filter: "nearest" }) },
      maskArea: "masked",
      maskPadding: 8,
    });
    expect([image!.width, image!.height]).toEqual([160, 120]);
  });

  it("generate() makes larger pictures when it outpaints, and as large ones when it pans or zooms", async () => {
    const sizeOf = async (options: object) => {
      const { image } = await one({ ...quick, width: undefined, height: undefined, init, ...options });
      return [image!.width, image!.height];
    };
    expect(await sizeOf({ outpaint: [0, 8, 32, 0] })).toEqual([96, 72]);
    expect(await sizeOf({ pan: [16, -8] })).toEqual([64, 64]);
    expect(await sizeOf({ zoomOut: 2 })).toEqual([64, 64]);
  });

  it("generate() says so when the mask keeps nothing, and throws when it is smaller than a latent", async () => {
    const white = { ...mask, data: new Uint8Array(mask.data.length).fill(255) };
    const notices: string[] = [];
    for await (const event of model.generate({ ...edit(), mask: white }))
      if (event.kind === "notice") notices.push(event.text);
    expect(notices).toContain("the mask is white everywhere: nothing of the picture is kept");
    const speck = { ...mask, data: new Uint8Array(mask.data.length) };
    speck.data.fill(255, 4 * (64 * 4 + 4), 4 * (64 * 4 + 5));
    await expect(one({ ...edit(), mask: speck })).rejects.toThrow(
      "the mask covers no latent, which stand for 8×8 pixels",
    );
  });

  it("generate() takes a mask as an inpainting model's channels, soft ones too", async () => {
    const inpainting = await sharedModel("sd1-inpaint");
    const hard = await one({ ...edit(), strength: 1 }, inpainting);
    const soft = await one({ ...edit(), strength: 1, softInpainting: true, maskBlur: 4 }, inpainting);
    expect(soft.latents.data).not.toEqual(hard.latents.data);
  });
});

describe("generate() in two passes", () => {
  it.each(["latent-nearest-exact", "lanczos"] as const)(
    "generate() ends at hiresScale times the size when enlarged by %s",
    async (hiresUpscaler) => {
      const options = { ...quick, hiresScale: 1.5, hiresUpscaler, hiresSteps: 2, hiresPrompt: "a blue fox" };
      const steps: string[] = [];
      for await (const event of model.generate(options)) {
        if (event.kind === "start") steps.push(`${event.steps}`);
        if (event.kind === "step") steps.push(`${event.step}/${event.steps}`);
        if (event.kind === "image") expect([event.image!.width, event.image!.height]).toEqual([96, 96]);
      }
      expect(steps).toEqual(["4", "1/4", "2/4", "3/4", "4/4"]);
    },
  );

  it("generate() ends at hiresSize, whatever the first pass's shape", async () => {
    const { image } = await one({ ...quick, hiresSize: [128, 72], hiresSteps: 2, width: 64, height: 48 });
    expect([image!.width, image!.height]).toEqual([128, 72]);
  });

  it("generate() enlarges by the caller's function, and repeats from its record", async () => {
    const upscaler = async (image: Image) => resizeImage(image, { width: 256, height: 256, filter: "nearest" });
    const options = { ...quick, hiresScale: 1.5, upscaler };
    const first = await one(options);
    expect(first.record.upscaler).toBe(true);
    const again = await one({ ...structuredClone(first.record.options), upscaler });
    expect(again.image!.data).toEqual(first.image!.data);
  });
});

describe("generate() with a refiner", () => {
  it("generate() gives what the two models give one after the other", async () => {
    const [base, refiner] = await Promise.all(["sdxl", "sdxl-refiner"].map(sharedModel));
    const options = { ...quick, steps: 5, negativePrompt: "grey" };
    const handed = await one({ ...options, denoisingEnd: 0.6 }, base);
    const apart = await one({ ...options, denoisingStart: 0.6, init: handed.latents }, refiner);
    const seen: string[] = [];
    for await (const event of base.generate({ ...options, refiner, refinerAt: 0.6 })) {
      if (event.kind === "step") seen.push(`${event.step}/${event.steps}`);
      if (event.kind !== "image") continue;
      expect(event.image!.data).toEqual(apart.image!.data);
      expect([event.record.refiner!.name, event.record.options.refinerAt]).toEqual(["sdxl-refiner", 0.6]);
      expect(event.record.options.denoisingEnd).toBeUndefined();
    }
    expect(seen).toEqual(["1/5", "2/5", "3/5", "4/5", "5/5"]);
    await expect(one({ ...options, refiner, hiresScale: 2 }, base)).rejects.toThrow(
      "a refiner and hiresScale together",
    );
  });
});

describe("generate() with the ×4 upscaler", () => {
  it("generate() throws when there is no picture, or more noise than the model knows", async () => {
    const upscaler = await sharedModel("sd-x4-upscaler");
    const small = resizeImage(init, { width: 12, height: 20 });
    const { image } = await one({ prompt: "a fox", steps: 2, init: small }, upscaler);
    expect([image!.width, image!.height]).toEqual([48, 80]);
    await expect(one({ prompt: "a fox" }, upscaler)).rejects.toThrow("an upscaling model and no picture");
    await expect(one({ prompt: "", init: small, noiseLevel: 400 }, upscaler)).rejects.toThrow("levels up to 350");
  });
});

describe("interpolate()", () => {
  it("interpolate() begins and ends in the keyframes' own pictures, and moves between them", async () => {
    const keyframes = [
      { prompt: "a red fox", seed: 1 },
      { prompt: "a blue sea", seed: 2 },
    ];
    const { prompt: _, seed: __, ...options } = quick;
    const frames = [];
    for await (const frame of interpolate(model, { keyframes, framesBetween: 3 }, options)) frames.push(frame);
    expect(frames.map(({ frame, frames: total }) => `${frame}/${total}`)).toEqual(["0/4", "1/4", "2/4", "3/4"]);
    const ends = [await one({ ...options, ...keyframes[0] }), await one({ ...options, ...keyframes[1] })];
    expect(frames[0].latents.data).toEqual(ends[0].latents.data);
    expect(frames[3].latents.data).toEqual(ends[1].latents.data);
    const distance = (a: ImageEvent, b: ImageEvent) =>
      Math.hypot(...a.latents.data.map((value, i) => value - b.latents.data[i]));
    expect(distance(frames[1], frames[0])).toBeLessThan(distance(frames[3], frames[0]));
    expect(distance(frames[2], frames[3])).toBeLessThan(distance(frames[0], frames[3]));
  });

  it("interpolate() blends prompts of different lengths, each part of which counts", async () => {
    const long = "a red fox in the snow, ".repeat(20);
    const blend = { ...quick, promptTo: long, promptBlend: 0.5 };
    const [between, sphere, from] = [
      await one(blend),
      await one({ ...blend, promptBlending: "slerp" }),
      await one(quick),
    ];
    expect(between.latents.data).not.toEqual(from.latents.data);
    expect(sphere.latents.data).not.toEqual(between.latents.data);
    expect((await one({ ...blend, promptBlend: 0, promptTo: "a blue sea" })).latents.data).toEqual(from.latents.data);
  });
});
