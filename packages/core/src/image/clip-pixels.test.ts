import { expect, it } from "vitest";
import { fixturePath, goldenFloats, readGolden } from "../../../../fixtures/read-golden.ts";
import { clipPixels } from "./clip-pixels.ts";
import { readImage } from "./png.ts";

it("clipPixels() is transformers' CLIPImageProcessor when pictures have several shapes", async () => {
  const images = await Promise.all([0, 1, 2, 3].map((i) => readImage(fixturePath(`cases/clip/image${i}.png`))));
  const expected = goldenFloats(readGolden("cases/clip/clip"), "out.pixel_values");
  const { dims, data } = clipPixels(images, 32);
  expect(dims).toEqual([4, 3, 32, 32]);
  expected.forEach((value, i) => expect(Math.abs(data[i] - value)).toBeLessThan(1e-6));
});
