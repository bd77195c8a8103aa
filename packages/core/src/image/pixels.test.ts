import fc from "fast-check";
import { expect, test } from "vitest";
import { goldenFloats, goldenTensor, readGolden } from "../../../../fixtures/read-golden.ts";
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

test("imagesFromTensor() rounds half to even and limits when values fall between bytes or outside", () => {
  // x/2 + 0.5 times 255: 127.5 → 128; −0.9882353·127.5 + 127.5 → 1.5 → 2; 0.5 → 0
  const values = [-2, -1, 0, 1, 2, Math.fround(1.5 / 127.5 - 1), Math.fround(0.5 / 127.5 - 1), NaN, 0.5, -0.5, 0.25, -0.25];
  const [image] = imagesFromTensor(tensor([1, 3, 1, 4], Float32Array.from(values)));
  const byChannel = [0, 1, 2].map((c) => [0, 1, 2, 3].map((i) => image.data[3 * i + c]));
  expect(byChannel).toEqual([
    [0, 0, 128, 255],
    [255, 2, 0, 0],
    [191, 64, 159, 96],
  ]);
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

test("tensorFromImages() and imagesFromTensor() throw when shapes do not fit", () => {
  const image = (width: number): Image => ({ width, height: 1, channels: 3, data: new Uint8Array(3 * width) });
  expect(() => tensorFromImages([image(1), image(2)])).toThrow("2×1 beside 1×1 (one size is wanted)");
  expect(() => tensorFromImages([])).toThrow("no pictures");
  expect(() => imagesFromTensor(tensor([1, 4, 1, 1]))).toThrow("Cannot make pictures of [1,4,1,1]: [N,3,H,W] is wanted");
});
