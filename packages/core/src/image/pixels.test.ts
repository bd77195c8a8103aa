import fc from "fast-check";
import { expect, test } from "vitest";
import { fixturePath, goldenTensor, readGolden } from "../../../../fixtures/read-golden.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Image } from "./image.ts";
import { imagesFromTensor, tensorFromImage, tensorFromImages } from "./pixels.ts";
import { readImage } from "./png.ts";

const picture = fc
  .record({ width: fc.integer({ min: 1, max: 5 }), height: fc.integer({ min: 1, max: 5 }) })
  .chain(({ width, height }) =>
    fc
      .uint8Array({ minLength: width * height * 3, maxLength: width * height * 3 })
      .map((data): Image => ({ width, height, channels: 3, data })),
  );

test("imagesFromTensor() limits values outside [-1,1] and makes NaN 0", () => {
  const [image] = imagesFromTensor(tensor([1, 3, 1, 3], Float32Array.of(-2, -1, 0, 1, 2, NaN, 0.5, -0.5, 0.25)));
  expect([0, 1, 2].map((c) => [0, 1, 2].map((i) => image.data[3 * i + c]))).toEqual([
    [0, 0, 128],
    [255, 255, 0],
    [191, 64, 159],
  ]);
});

test("imagesFromTensor() rounds half to even", () => {
  // From 1/2 up, x = 2v − 1 and its way back to v are exact in float32; some v·255 are exactly k + ½.
  const halves = Array.from({ length: 127 }, (_, i) => 128 + i)
    .map((k) => ({ k, v: Math.fround((k + 0.5) / 255) }))
    .filter(({ k, v }) => Math.fround(v * 255) === k + 0.5);
  expect(halves.length).toBeGreaterThan(50);
  for (const { k, v } of halves) {
    const [{ data }] = imagesFromTensor(tensor([1, 3, 1, 1], new Float32Array(3).fill(2 * v - 1)));
    expect(data[0]).toBe(k % 2 === 0 ? k : k + 1);
  }
});

test("tensorFromImages() puts channels before rows and maps 0 … 255 to [-1,1]", () => {
  const image: Image = { width: 2, height: 1, channels: 4, data: Uint8Array.of(0, 51, 255, 9, 255, 102, 0, 9) };
  const x = tensorFromImage(image);
  expect(x.dims).toEqual([1, 3, 1, 2]);
  [-1, 1, -0.6, -0.2, 1, -1].forEach((value, i) => expect(x.data[i]).toBeCloseTo(value, 6));
});

test("imagesFromTensor() gives back every byte that tensorFromImages() took", () => {
  fc.assert(
    fc.property(picture, fc.integer({ min: 1, max: 3 }), (image, count) => {
      const images = Array.from({ length: count }, () => image);
      expect(imagesFromTensor(tensorFromImages(images))).toEqual(images);
    }),
  );
  const all: Image = { width: 256, height: 1, channels: 3, data: Uint8Array.from({ length: 768 }, (_, i) => i / 3) };
  expect(imagesFromTensor(tensorFromImage(all))).toEqual([all]);
});

test("tensorFromImages() has alpha as a fourth channel and no colours where nothing is seen when four are wanted", () => {
  const image: Image = { width: 2, height: 1, channels: 4, data: Uint8Array.of(0, 51, 255, 51, 255, 102, 0, 0) };
  const x = tensorFromImage(image, 4);
  expect(x.dims).toEqual([1, 4, 1, 2]);
  [-1, 0, -0.6, 0, 1, 0, -0.6, -1].forEach((value, i) => expect(x.data[i]).toBeCloseTo(value, 6));
  expect(imagesFromTensor(x)[0]).toEqual({ ...image, data: Uint8Array.of(0, 51, 255, 51, 128, 128, 128, 0) });
  const opaque: Image = { width: 1, height: 1, channels: 3, data: Uint8Array.of(0, 255, 51) };
  expect([...tensorFromImage(opaque, 4).data].map((value) => Math.round(10 * value))).toEqual([-10, 10, -6, 10]);
});

test("tensorFromImages() and imagesFromTensor() throw when shapes do not fit", () => {
  const image = (width: number): Image => ({ width, height: 1, channels: 3, data: new Uint8Array(3 * width) });
  expect(() => tensorFromImages([image(1), image(2)])).toThrow("2×1 beside 1×1 (one size is wanted)");
  expect(() => tensorFromImages([])).toThrow("no pictures");
  expect(() => imagesFromTensor(tensor([1, 5, 1, 1]))).toThrow(
    "Cannot make pictures of [1,5,1,1]: [N,1,H,W], [N,3,H,W] or [N,4,H,W] is wanted",
  );
});

test("tensorFromImage() gives the golden input of the autoencoder", async () => {
  const bytes = goldenTensor(readGolden("cases/sd1/vae"), "in.image_u8");
  const x = tensorFromImage(await readImage(fixturePath("cases/sd1/vae_input.png")));
  expect(x.dims).toEqual(bytes.dims);
  // The reference divides by 127.5 once; diffusers by 255, then doubles: within a rounding of each other.
  const errors = Array.from(x.data, (value, i) => Math.abs(value - (Number(bytes.data[i]) / 127.5 - 1)));
  expect(Math.max(...errors)).toBeLessThan(2e-7);
});
