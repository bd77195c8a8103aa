import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fixturePath, goldenTensor, readGolden } from "../../../../fixtures/read-golden.ts";
import { decodeImage } from "#platform";
import type { Image } from "./image.ts";
import { readTextChunks } from "./png-metadata.ts";
import { readBytes, readImage, writePng } from "./png.ts";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "png-"))));
afterAll(() => rm(folder, { recursive: true }));

const image: Image = { width: 3, height: 2, channels: 3, data: Uint8Array.from({ length: 18 }, (_, i) => i * 14) };

test("readImage() reads the golden picture as Pillow does", async () => {
  const golden = goldenTensor(readGolden("cases/sd1/txt2img_pndm"), "out.image_u8");
  const { width, height, channels, data } = await readImage(fixturePath("cases/sd1/txt2img_pndm.png"));
  expect([1, height, width, channels]).toEqual(golden.dims);
  expect(data).toEqual(golden.data);
});

test("writePng() writes pixels and texts that come back, and nothing else into the folder", async () => {
  const texts = { parameters: "a fox, 猫\nSteps: 1, Sampler: x, Seed: 2", noisette: '{"é":1}' };
  for (const picture of [image, { width: 3, height: 1, channels: 4, data: image.data.subarray(0, 12) } as const]) {
    const path = join(folder, `${picture.channels}.png`);
    await writePng(path, picture, texts);
    expect(await readImage(path)).toEqual({ ...picture, data: Uint8Array.from(picture.data) });
    expect(readTextChunks(await readBytes(path))).toEqual(texts);
  }
  expect((await readdir(folder)).sort()).toEqual(["3.png", "4.png"]);
});

test("writePng() throws and leaves nothing when the folder does not exist", async () => {
  await expect(writePng(join(folder, "none", "a.png"), image)).rejects.toThrow("no such file or folder");
});

test("decodeImage() gives three channels of 8 bits when the file has one, a palette, or 16 bits", async () => {
  const grey = sharp(Uint8Array.of(0, 100, 200, 255), { raw: { width: 2, height: 2, channels: 1 } });
  const wanted = {
    width: 2,
    height: 2,
    channels: 3,
    data: Uint8Array.of(0, 0, 0, 100, 100, 100, 200, 200, 200, 255, 255, 255),
  };
  for (const file of [
    grey.clone().toColourspace("b-w").png(),
    grey.clone().png({ palette: true }),
    grey.clone().toColourspace("grey16").png(),
  ]) {
    expect(await decodeImage(await file.toBuffer())).toEqual(wanted);
  }
});

test("decodeImage() turns a picture upright when its EXIF data says that it lies", async () => {
  const lying = await sharp(image.data, { raw: image })
    .withMetadata({ orientation: 6 })
    .webp({ lossless: true })
    .toBuffer();
  const upright = await decodeImage(lying);
  expect([upright.width, upright.height]).toEqual([2, 3]);
  // A quarter turn clockwise: the lower left pixel comes to the upper left.
  expect(upright.data.subarray(0, 3)).toEqual(image.data.subarray(9, 12));
});

test("readImage() names the file when it holds no picture or half of one", async () => {
  const path = join(folder, "broken.png");
  await writeFile(path, "no picture");
  await expect(readImage(path)).rejects.toThrow(`Cannot read "${path}": Cannot decode the picture: `);
  const whole = await readFile(fixturePath("cases/sd1/txt2img_pndm.png"));
  await writeFile(path, whole.subarray(0, whole.length / 2));
  await expect(readImage(path)).rejects.toThrow(`Cannot read "${path}": Cannot decode the picture: `);
  await expect(readImage(join(folder, "missing.png"))).rejects.toThrow("no such file or folder");
});
