import sharp from "sharp";
import { describe, expect, it } from "vitest";
import type { Image } from "../image/image.ts";
import { fitImage, loadImage } from "./load-image.ts";
import { randomStream } from "./random-stream.ts";

const width = 40;
const height = 20;
const raw = { raw: { width, height, channels: 3 } } as const;
const level = new Uint8Array(width * height * 3).fill(100);
const size = { width: 16, height: 16 };

describe("loadImage()", () => {
  it.each([
    [
      "CMYK JPEG",
      () => sharp(level, raw).toColourspace("cmyk").jpeg({ quality: 100 }),
      100,
      16,
    ] /* printing inks hold fewer colours */,
    [
      "16-bit PNG",
      () =>
        sharp(new Uint16Array(level.length).fill(100 * 257), raw)
          .toColourspace("rgb16")
          .png(),
      100,
      0,
    ],
    [
      "16-bit grey PNG",
      () =>
        sharp(new Uint16Array(width * height).fill(100 * 257), { raw: { width, height, channels: 1 } })
          .toColourspace("grey16")
          .png(),
      100,
      0,
    ],
    ["grey JPEG", () => sharp(level, raw).toColourspace("b-w").jpeg({ quality: 100 }), 100, 1],
    ["palette PNG", () => sharp(level, raw).png({ palette: true }), 100, 0],
  ] as const)("loadImage() makes 8-bit RGB of a %s", async (_name, encode, wanted, tolerance) => {
    const image = await loadImage(await encode().toBuffer(), size);
    expect(image).toMatchObject({ ...size, channels: 3 });
    expect(Math.max(...image.data.map((value) => Math.abs(value - wanted)))).toBeLessThanOrEqual(tolerance);
  });

  it.each(["gif", "webp"] as const)("loadImage() takes the first frame when a %s is animated", async (format) => {
    const frames = new Uint8Array([...level, ...level.map(() => 200)]);
    const animation = sharp(frames, { raw: { width, height: 2 * height, channels: 3, pageHeight: height } });
    const bytes = await animation[format]({ delay: [50, 50] }).toBuffer();
    expect(Math.abs((await loadImage(bytes, size)).data[0] - 100)).toBeLessThan(3);
  });

  it("loadImage() says what is wrong when the bytes are cut off, huge or none", async () => {
    const png = await sharp(level, raw).png().toBuffer();
    await expect(loadImage(png.subarray(0, png.length - 30), size)).rejects.toThrow("Cannot decode the picture");
    await expect(loadImage(new Uint8Array(), size)).rejects.toThrow("Cannot decode the picture");
    await expect(loadImage(new TextEncoder().encode("<html>"), size)).rejects.toThrow("Cannot decode the picture");
    const svg = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="30000" height="30000"/>');
    await expect(loadImage(svg, size)).rejects.toThrow("Cannot decode the picture: Input image exceeds pixel limit");
  });
});

describe("fitImage()", () => {
  /** Its columns have the levels 0, 10, 20 … */
  const columns: Image = {
    width: 8,
    height: 4,
    channels: 3,
    data: Uint8Array.from({ length: 96 }, (_, i) => (Math.floor(i / 3) % 8) * 10),
  };

  it("fitImage() cuts the middle out when shapes differ", async () => {
    const { data } = await fitImage(columns, { width: 4, height: 4 });
    expect([data[0], data[3], data[6], data[9]]).toEqual([20, 30, 40, 50]);
  });

  it("fitImage() cuts anywhere, as the random stream says, when one is given", async () => {
    const lefts = new Set<number>();
    const random = randomStream(1);
    for (let i = 0; i < 60; i++) lefts.add((await fitImage(columns, { width: 4, height: 4, random })).data[0]);
    expect([...lefts].toSorted((a, b) => a - b)).toEqual([0, 10, 20, 30, 40]);
  });

  it("fitImage() keeps everything when it stretches", async () => {
    const { data } = await fitImage(columns, { width: 8, height: 2, fit: "stretch" });
    expect(data.length).toBe(48);
    expect([data[0], data[21]]).toEqual([0, 70]);
  });

  it("fitImage() lays transparent pictures on the ground, and makes opaque ones so, when channels are asked for", async () => {
    const clear: Image = { width: 1, height: 1, channels: 4, data: Uint8Array.of(200, 0, 0, 51) };
    const one = { width: 1, height: 1 };
    expect([...(await fitImage(clear, one)).data]).toEqual([244, 204, 204]);
    expect([...(await fitImage(clear, { ...one, ground: [0, 0, 100] })).data]).toEqual([40, 0, 80]);
    const opaque: Image = { width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) };
    expect([...(await fitImage(opaque, { ...one, channels: 4 })).data]).toEqual([1, 2, 3, 255]);
  });
});
