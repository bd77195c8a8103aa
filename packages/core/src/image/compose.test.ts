import { describe, expect, it } from "vitest";
import { blended, cropImage, fittedArea, pasted } from "./compose.ts";
import { filled } from "./fill.ts";
import type { Image } from "./image.ts";
import { extended, zoomedOut } from "./outpaint.ts";

const plain = (width: number, height: number, value: number): Image => ({
  width,
  height,
  channels: 3,
  data: new Uint8Array(3 * width * height).fill(value),
});
const reds = ({ data, channels }: Image) => Array.from(data.filter((_, i) => i % channels === 0));
const ramp: Image = { width: 3, height: 1, channels: 3, data: Uint8Array.of(1, 1, 1, 2, 2, 2, 3, 3, 3) };

describe("cropImage()", () => {
  it("cropImage() repeats the edges when the area reaches beyond them", () => {
    expect(reds(cropImage(ramp, { left: -2, top: 0, width: 7, height: 1 }))).toEqual([1, 1, 1, 2, 3, 3, 3]);
  });
});

describe("fittedArea()", () => {
  it("fittedArea() has the wanted shape inside or around the picture", () => {
    const [wide, square] = [
      { width: 300, height: 100 },
      { width: 64, height: 64 },
    ];
    expect(fittedArea(wide, square, "stretch")).toEqual({ left: 0, top: 0, ...wide });
    expect(fittedArea(wide, square, "crop")).toEqual({ left: 100, top: 0, width: 100, height: 100 });
    expect(fittedArea(wide, square, "pad")).toEqual({ left: 0, top: -100, width: 300, height: 300 });
  });
});

describe("blended()", () => {
  it("blended() mixes by the mask's bytes", () => {
    const mask = { width: 3, height: 1, data: Uint8Array.of(0, 51, 255) };
    expect(reds(blended(plain(3, 1, 200), plain(3, 1, 100), mask))).toEqual([100, 120, 200]);
  });
});

describe("filled()", () => {
  it("filled() carries the colour around a hole into it, and leaves what is kept", () => {
    const mask = { width: 16, height: 16, data: new Uint8Array(256).fill(0) };
    for (let y = 4; y < 12; y++) mask.data.fill(255, y * 16 + 4, y * 16 + 12);
    const image = plain(16, 16, 90);
    for (let i = 0; i < 256; i++) if (mask.data[i]) image.data.fill(0, 3 * i, 3 * i + 3);
    expect(filled(image, mask)).toEqual(plain(16, 16, 90));
  });

  it("filled() goes smoothly from one side to the other when they differ, and is grey when nothing is kept", () => {
    const image: Image = { ...plain(16, 1, 0), data: new Uint8Array(48) };
    image.data.fill(200, 3 * 12);
    const data = new Uint8Array(16).fill(255, 4, 12);
    const line = reds(filled(image, { width: 16, height: 1, data }));
    for (let x = 1; x < 16; x++) expect(line[x]).toBeGreaterThanOrEqual(line[x - 1]);
    expect(line[7]).toBeGreaterThan(20);
    expect(line[8]).toBeLessThan(180);
    const all = filled(plain(2, 2, 9), { width: 2, height: 2, data: new Uint8Array(4).fill(255) });
    expect(reds(all)).toEqual([128, 128, 128, 128]);
  });
});

describe("extended()", () => {
  it("extended() continues the edges and masks what is new", () => {
    const { image, mask } = extended(ramp, { left: 1, top: 1, right: 0, bottom: 0 });
    expect([image.width, image.height]).toEqual([4, 2]);
    expect(reds(image)).toEqual([1, 1, 2, 3, 1, 1, 2, 3]);
    expect([...mask.data]).toEqual([255, 255, 255, 255, 255, 0, 0, 0]);
  });

  it("extended() cuts where a margin is below 0, and throws when nothing is left", () => {
    const { image, mask } = extended(ramp, { left: -1, top: 0, right: 1, bottom: 0 });
    expect(reds(image)).toEqual([2, 3, 3]);
    expect([...mask.data]).toEqual([0, 0, 255]);
    expect(() => extended(ramp, { left: -2, top: 0, right: -1, bottom: 0 })).toThrow("Cannot extend a picture of 3×1");
  });
});

describe("zoomedOut()", () => {
  it("zoomedOut() puts the smaller picture in the middle of its size", () => {
    const { image, mask, left, top } = zoomedOut(plain(8, 8, 70), 2);
    expect([image.width, image.height, left, top]).toEqual([8, 8, 2, 2]);
    expect(mask.data.filter((value) => value === 0)).toHaveLength(16);
    expect(reds(pasted(plain(4, 4, 1), image, { left, top }))[8 * 2 + 2]).toBe(1);
  });
});
