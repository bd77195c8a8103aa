import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Image } from "noisette";
import { readImage } from "@noisette/core/image/png";
import { beforeAll, expect, test } from "vitest";
import { fixturePath } from "../fixtures/read-golden.ts";
import { fewSteps } from "./few-steps.ts";
import { hiresFix } from "./hires-fix.ts";
import { imageToImage } from "./image-to-image.ts";
import { inpaint } from "./inpaint.ts";
import { foxToSea } from "./interpolate.ts";
import { otherAutoencoder } from "./other-autoencoder.ts";
import { outpaint } from "./outpaint.ts";
import { baseThenRefiner, oneAfterTheOther } from "./two-models.ts";
import { upscaleDiffusion } from "./upscale-diffusion.ts";
import { variations } from "./variations.ts";

const sd1 = fixturePath("models/sd1");
const prompt = "a red fox";
const sizeOf = ({ width, height }: Image) => [width, height];
let init: Image;
let mask: Image;
beforeAll(async () => {
  init = await readImage(fixturePath("cases/sd1/init_image.png"));
  mask = await readImage(fixturePath("cases/sd1/mask.png"));
});

test("imageToImage() makes a picture of the same size", async () => {
  const image = await imageToImage(sd1, { init, prompt });
  expect(sizeOf(image)).toEqual([64, 64]);
  expect(image.data).not.toEqual(init.data);
});

test("inpaint() leaves what is black in the mask", async () => {
  const { hard, soft } = await inpaint(fixturePath("models/sd1-inpaint"), { init, mask, prompt });
  for (const image of [hard, soft]) {
    const kept = image.data.filter((value, i) => value === init.data[i]).length / image.data.length;
    expect(kept).toBeGreaterThan(0.02);
    expect(kept).toBeLessThan(0.95);
  }
});

test("outpaint() makes the sizes that are asked for", async () => {
  const { wider, panned, zoomed } = await outpaint(sd1, { init, prompt });
  expect([wider, panned, zoomed].map(sizeOf)).toEqual([
    [96, 64],
    [64, 64],
    [64, 64],
  ]);
});

test("hiresFix() doubles the size in both ways", async () => {
  expect((await hiresFix(sd1, prompt)).map(sizeOf)).toEqual([
    [64, 64],
    [64, 64],
  ]);
});

test("upscaleDiffusion() makes a picture four times as large", async () => {
  const small = await readImage(fixturePath("cases/sd-x4-upscaler/low_res.png"));
  expect(sizeOf(await upscaleDiffusion(fixturePath("models/sd-x4-upscaler"), { small, prompt }))).toEqual([64, 64]);
});

test("variations() differ from the original and from each other", async () => {
  const made = await variations(sd1, { prompt, seed: 1 });
  const all = [made.original, ...made.variations].map(({ data }) => data.join());
  expect(new Set(all).size).toBe(4);
  expect(sizeOf(made.wider)).toEqual([96, 64]);
});

test("foxToSea() writes an animation", async () => {
  const folder = mkdtempSync(join(tmpdir(), "noisette-example-"));
  try {
    expect(await foxToSea(sd1, join(folder, "a.webp"))).toBe(5);
    expect(sizeOf(await readImage(join(folder, "a.webp")))).toEqual([64, 64]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("fewSteps() makes pictures in one step and in four", async () => {
  const { turbo, lcm } = await fewSteps(sd1, prompt);
  expect([turbo, lcm].map(sizeOf)).toEqual([
    [64, 64],
    [64, 64],
  ]);
});

test("otherAutoencoder() decodes the same latents in another way", async () => {
  const [own, other] = await otherAutoencoder(sd1, { vae: fixturePath("models/sdxl/vae"), prompt });
  expect(sizeOf(other)).toEqual(sizeOf(own));
  expect(other.data).not.toEqual(own.data);
});

test("baseThenRefiner() makes the picture that oneAfterTheOther() makes", async () => {
  const models = { base: fixturePath("models/sdxl"), refiner: fixturePath("models/sdxl-refiner"), prompt };
  expect((await baseThenRefiner(models)).data).toEqual((await oneAfterTheOther(models)).data);
});
