import fc from "fast-check";
import { expect, it } from "vitest";
import type { Image } from "../image/image.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { drawPlacements, placed } from "./augment.ts";
import { mirrored } from "./pictures.ts";

const still = { x: 0, y: 0, degrees: 0, scale: 1, isMirrored: false };
const anyImage = fc
  .record({
    width: fc.integer({ min: 1, max: 9 }),
    height: fc.integer({ min: 1, max: 9 }),
    channels: fc.constantFrom(3, 4),
  })
  .chain(({ width, height, channels }) =>
    fc
      .uint8Array({ minLength: width * height * channels, maxLength: width * height * channels })
      .map((data): Image => ({ width, height, channels: channels as 3 | 4, data })),
  );
/** With the colours of what cannot be seen gone. */
const seen = ({ channels, data }: Image) =>
  Array.from(data, (value, i) => (channels === 4 && data[i - (i % 4) + 3] === 0 ? 0 : value));

it("placed() changes nothing when nothing is done", () => {
  fc.assert(
    fc.property(anyImage, (image) => {
      expect(seen(placed(image, still))).toEqual(seen(image));
    }),
  );
});

it("placed() is mirrored() when only that is done", () => {
  fc.assert(
    fc.property(anyImage, (image) => {
      expect(seen(placed(image, { ...still, isMirrored: true }))).toEqual(seen(mirrored(image)));
    }),
  );
});

it("placed() moves to the right and below by x and y, and turns clockwise", () => {
  const image: Image = { width: 3, height: 3, channels: 4, data: new Uint8Array(36) };
  image.data.set([9, 8, 7, 255], 4 * 1); // top middle
  const placeOf = ({ data }: Image) => Array.from({ length: 9 }, (_, i) => i).filter((i) => data[4 * i + 3] > 128);
  expect(placeOf(placed(image, { ...still, x: 1 }))).toEqual([2]);
  expect(placeOf(placed(image, { ...still, y: 1 }))).toEqual([4]);
  expect(placeOf(placed(image, { ...still, degrees: 90 }))).toEqual([5]);
});

it("placed() shows nothing around a transparent picture, and the border of one that is not", () => {
  const of = (channels: 3 | 4): Image => ({
    width: 2,
    height: 2,
    channels,
    data: new Uint8Array(4 * channels).fill(255),
  });
  expect(Array.from(placed(of(4), { ...still, x: 5 }).data)).toEqual(Array(16).fill(0));
  expect(Array.from(placed(of(3), { ...still, x: 5 }).data)).toEqual(Array(12).fill(255));
});

it("drawPlacements() stays within what is allowed", () => {
  const images = Array.from({ length: 200 }, (): Image => ({
    width: 10,
    height: 20,
    channels: 3,
    data: new Uint8Array(600),
  }));
  const limits = { shift: 0.1, degrees: 12, scale: 1.25, flip: true };
  const placements = drawPlacements(images, limits, new TorchGenerator(1));
  const most = (of: (one: (typeof placements)[number]) => number) =>
    Math.max(...placements.map((one) => Math.abs(of(one))));
  expect(most(({ x }) => x)).toBeLessThanOrEqual(1);
  expect(most(({ y }) => y)).toBeLessThanOrEqual(2);
  expect(most(({ degrees }) => degrees)).toBeLessThanOrEqual(12);
  expect(most(({ scale }) => Math.log(scale))).toBeLessThanOrEqual(Math.log(1.25) + 1e-9);
  expect(placements.filter(({ isMirrored }) => isMirrored).length).toBeGreaterThan(70);
  expect(
    drawPlacements(images, { ...limits, flip: false }, new TorchGenerator(1)).some(({ isMirrored }) => isMirrored),
  ).toBe(false);
});
