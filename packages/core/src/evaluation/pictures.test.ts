// PSNR and SSIM against scikit-image.

import { expect, it } from "vitest";
import { fixturePath, readGolden } from "../../../../fixtures/read-golden.ts";
import { readImage } from "../image/png.ts";
import { psnr } from "./psnr.ts";
import { ssim } from "./ssim.ts";

const { json } = readGolden("metrics/psnr_ssim");
const picture = (name: string) => readImage(fixturePath(`metrics/${name}.png`));

it.each(["img1", "img2", "img3"])("psnr() and ssim() of %s are scikit-image's", async (name) => {
  const [first, other] = [await picture("img1"), await picture(name)];
  const expected = json.values[name];
  if (name === "img1") expect(psnr(first, other)).toBe(Infinity);
  else expect(psnr(first, other)).toBeCloseTo(expected.psnr_rgb, 9);
  expect(ssim(first, other)).toBeCloseTo(expected.ssim_gauss_rgb, 6);
  expect(ssim(first, other, { window: "uniform" })).toBeCloseTo(expected.ssim_uniform7_rgb, 6);
  expect(ssim(first, other, { gray: true })).toBeCloseTo(expected.ssim_gauss_gray, 6);
});

it("psnr() throws when sizes differ", () => {
  const image = (width: number) => ({ width, height: 8, channels: 3 as const, data: new Uint8Array(width * 24) });
  expect(() => psnr(image(8), image(9))).toThrow("Cannot compare pictures: 8×8×3 beside 9×8×3 (one size is wanted)");
  expect(() => ssim(image(8), image(8))).toThrow(
    "Cannot compute SSIM: the pictures are 8×8 (at least 11×11 is wanted)",
  );
});
