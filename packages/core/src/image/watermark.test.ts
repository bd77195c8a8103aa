import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fixturePath, readGolden } from "../../../../fixtures/read-golden.ts";
import { decodeImage, encodeImage } from "../platform/node.ts";
import type { Image } from "./image.ts";
import { psnr } from "../evaluation/psnr.ts";
import { embedWatermark, readWatermark, watermarkCapacity } from "./watermark.ts";
import { findWatermark, knownWatermarks, textOf, watermarkBits } from "./watermark-text.ts";

/** A picture with slopes, edges and grain, drawn by whole numbers alone. */
function drawn(width: number, height: number, channels: 3 | 4 = 3): Image {
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = (x - 120) ** 2 + (y - 90) ** 2 < 3600;
      const grain = ((x * 37 + y * 101 + x * y * 7) % 23) - 11;
      const color = inside ? [200 - (y >> 1), 90 + (x >> 2), 60] : [40 + (x >> 1), 120 - (y >> 2), 150 + (y >> 2)];
      for (let c = 0; c < channels; c++)
        data[(y * width + x) * channels + c] = c === 3 ? x & 255 : Math.min(Math.max(color[c] + grain, 0), 255);
    }
  }
  return { width, height, channels, data };
}
const plain = (color: readonly number[], side = 256): Image => {
  const data = new Uint8Array(3 * side * side).map((_, i) => color[i % 3]);
  return { width: side, height: side, channels: 3, data };
};
const [stable, xl] = knownWatermarks;
const picture = drawn(256, 256);

describe("embedWatermark()", () => {
  it("writes bits that are read without a doubt", () => {
    const bits = watermarkBits(stable.text);
    expect(bits).toHaveLength(136);
    expect(readWatermark(embedWatermark(picture, bits), 136)).toEqual({ bits, agreement: 1 });
  });

  it("changes what nobody sees: 33 dB, all of it colour, transparency and the ends of odd sizes not at all", () => {
    const marked = embedWatermark(picture, watermarkBits(stable.text));
    expect(psnr(picture, marked)).toBeGreaterThan(33);
    const clear = drawn(263, 261, 4);
    const { data } = embedWatermark(clear, watermarkBits("a text"));
    const luma = (bytes: Uint8Array, at: number) => 0.299 * bytes[at] + 0.587 * bytes[at + 1] + 0.114 * bytes[at + 2];
    const isKept = (i: number) => i % 4 === 3 || Math.floor(i / 4) % 263 >= 256 || Math.floor(i / 4 / 263) >= 256;
    expect(data.findIndex((value, i) => isKept(i) && value !== clear.data[i])).toBe(-1);
    // Half a byte of rounding in green and in blue.
    const places = Array.from({ length: data.length / 4 }, (_, i) =>
      Math.abs(luma(data, 4 * i) - luma(clear.data, 4 * i)),
    );
    expect(Math.max(...places)).toBeLessThan(0.4);
  });

  it.each([
    ["white", [255, 255, 255]],
    ["black", [0, 0, 0]],
    ["yellow", [255, 255, 0]],
    ["blue", [0, 0, 255]],
  ])("finds room in plain %s", (_, color) => {
    const bits = watermarkBits(stable.text);
    expect(readWatermark(embedWatermark(plain(color), bits), 136)).toEqual({ bits, agreement: 1 });
  });

  it("throws when the picture is too small for the bits", () => {
    expect(watermarkCapacity({ width: 255, height: 256 })).toBe(0);
    expect(watermarkCapacity({ width: 256, height: 256 })).toBe(256);
    expect(() => embedWatermark(drawn(128, 128), watermarkBits("abc"))).toThrow(
      "Cannot watermark a picture of 128×128 with 24 bits: it holds 0 (a larger picture or a shorter text is wanted)",
    );
    expect(() => embedWatermark(picture, watermarkBits("a".repeat(33)))).toThrow("with 264 bits: it holds 256");
    expect(() => embedWatermark(picture, [])).toThrow("with 0 bits");
  });

  it("is what invisible-watermark read in this very picture", () => {
    const { marked } = readGolden("watermark/invisible-watermark").json;
    const { data } = embedWatermark(picture, watermarkBits(stable.text));
    expect(createHash("sha256").update(data).digest("hex")).toBe(marked.sha256);
    expect(marked.read).toBe(stable.text);
  });
});

describe("readWatermark()", () => {
  it("reads what invisible-watermark wrote", async () => {
    const theirs = await decodeImage(readFileSync(fixturePath("watermark/stable-diffusion.png")));
    expect(readWatermark(theirs, 136)).toEqual({ bits: watermarkBits(stable.text), agreement: 1 });
    expect(findWatermark(theirs)).toEqual({ ...stable, agreement: 1 });
  });

  it("throws when there are fewer blocks than bits", () => {
    expect(() => readWatermark(drawn(16, 8), 3)).toThrow(
      "Cannot read a watermark of 3 bits in a picture of 16×8: 1 to 2 are wanted",
    );
  });
});

describe("findWatermark()", () => {
  it("finds texts of any length in JPEG and WebP of quality 90", async () => {
    for (const [text, format] of [
      ["noisette", "jpeg"],
      ["made with Noisette", "jpeg"],
      ["狐と雪", "webp"],
      [stable.text, "jpeg"],
    ] as const) {
      const file = await encodeImage(embedWatermark(picture, watermarkBits(text)), { format, quality: 90 });
      const found = findWatermark(await decodeImage(file));
      expect(found?.text).toBe(text);
      expect(found!.agreement).toBeGreaterThan(0.8);
    }
  });

  it("knows who writes a watermark, also when bits of it are lost", async () => {
    const small = embedWatermark(picture, watermarkBits(stable.text));
    const file = await encodeImage(small, { format: "jpeg", quality: 75 });
    expect(findWatermark(await decodeImage(file))).toMatchObject({ text: stable.text, by: "Stable Diffusion" });
    expect(findWatermark(embedWatermark(picture, watermarkBits(xl.text)))).toEqual({ ...xl, agreement: 1 });
  });

  it("finds none where there is none", () => {
    for (const image of [picture, drawn(300, 500), plain([255, 255, 255]), plain([3, 250, 99]), plain([0, 0, 0], 8)])
      expect(findWatermark(image)).toBeUndefined();
    expect(findWatermark({ ...picture, height: 3 })).toBeUndefined();
  });

  it("finds whatever text fits", () => {
    const text = fc.string({ unit: "grapheme", minLength: 2, maxLength: 20 }).filter((one) => {
      const bits = watermarkBits(one);
      return textOf(bits) === one && bits.length <= 160 && !/^0b[01]+$/.test(one) && !/^(.+)\1+$/u.test(one);
    });
    fc.assert(
      fc.property(text, (one) => {
        expect(findWatermark(embedWatermark(picture, watermarkBits(one)))?.text).toBe(one);
      }),
      { numRuns: 25, seed: 1 },
    );
  });
});
