import { describe, expect, it } from "vitest";
import type { Image } from "../image/image.ts";
import { layOut, prepareCanvas } from "./canvas.ts";
import { parseOptions } from "./options.ts";

const noisy = (width: number, height: number): Image => ({
  width,
  height,
  channels: 3,
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 7919) % 251),
});
const maskOf = (width: number, height: number, white: (x: number, y: number) => boolean): Image => ({
  width,
  height,
  channels: 3,
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return white(pixel % width, Math.floor(pixel / width)) ? 255 : 0;
  }),
});
const plain = (width: number, height: number, value: number): Image => ({
  width,
  height,
  channels: 3,
  data: new Uint8Array(3 * width * height).fill(value),
});
const sized = (options: object, width: number, height: number) => ({
  ...parseOptions({ prompt: "", ...options }),
  width,
  height,
});
const canvasOf = (init: Image, mask: Image | undefined, options: ReturnType<typeof sized>) =>
  prepareCanvas(layOut(init, mask, options), options);
const corner = maskOf(64, 48, (x, y) => x < 8 && y < 8);

describe("layOut()", () => {
  it("layOut() throws when the mask has another size, or nothing is painted", () => {
    const options = parseOptions({ prompt: "" });
    expect(() =>
      layOut(
        noisy(64, 48),
        maskOf(48, 64, () => true),
        options,
      ),
    ).toThrow("Cannot use the mask: it is 48×64 (64×48, the picture's size, is wanted)");
    expect(() => layOut(noisy(8, 8), plain(8, 8, 0), options)).toThrow("Cannot paint: the mask is black, so that");
    const inverted = parseOptions({ prompt: "", maskInvert: true });
    expect(() => layOut(noisy(8, 8), plain(8, 8, 255), inverted)).toThrow("the mask is black after maskInvert");
    const narrowed = parseOptions({ prompt: "", maskGrow: -8 });
    expect(() => layOut(noisy(64, 48), corner, narrowed)).toThrow("black after maskGrow -8");
  });

  it("layOut() paints what is new, and some of what it touches, when outpainting", () => {
    const { image, mask } = layOut(noisy(32, 32), undefined, parseOptions({ prompt: "", outpaint: [0, 0, 16, 0] }));
    expect([image.width, image.height]).toEqual([48, 32]);
    expect([mask!.data[0], mask!.data[24], mask!.data[40]]).toEqual([0, 128, 255].map((v) => expect.closeTo(v, -1.6)));
  });

  it("layOut() joins a mask with what is new around it", () => {
    const options = parseOptions({ prompt: "", outpaint: [8, 0, 0, 0], maskGrow: 0, maskBlur: 0 });
    const { mask } = layOut(
      noisy(64, 48),
      maskOf(64, 48, (x) => x >= 60),
      options,
    );
    expect(Array.from(mask!.data.subarray(0, 72), (v) => Number(v === 255)).join("")).toBe(
      "1".repeat(8) + "0".repeat(60) + "1".repeat(4),
    );
  });
});

describe("prepareCanvas()", () => {
  it("prepareCanvas() leaves picture, mask and result alone when sizes are equal", () => {
    const init = noisy(64, 48);
    const canvas = canvasOf(init, corner, sized({}, 64, 48));
    expect(canvas.image).toBe(init);
    expect(canvas.finish(plain(64, 48, 9))).toEqual(plain(64, 48, 9));
  });

  it("prepareCanvas() keeps the picture's own pixels outside the mask when asked to paste them back", () => {
    const init = noisy(64, 48);
    const { data } = canvasOf(init, corner, sized({ pasteOriginal: true }, 64, 48)).finish(plain(64, 48, 9));
    data.forEach((value, i) => {
      const [x, y] = [Math.floor(i / 3) % 64, Math.floor(i / 192)];
      expect(value).toBe(x < 8 && y < 8 ? 9 : init.data[i]);
    });
  });

  it("prepareCanvas() works on the part around the mask at full size, and pastes it back", () => {
    const init = noisy(64, 48);
    const canvas = canvasOf(init, corner, sized({ maskArea: "masked", maskPadding: 4 }, 32, 32));
    expect([canvas.image.width, canvas.image.height]).toEqual([32, 32]);
    // The mask takes 8 of the 12 pixels of the part.
    expect(canvas.mask!.data.filter((value) => value > 127).length / 32 ** 2).toBeCloseTo((8 / 12) ** 2, 1);
    const result = canvas.finish(plain(32, 32, 9));
    expect([result.width, result.height]).toEqual([64, 48]);
    result.data.forEach((value, i) => {
      const [x, y] = [Math.floor(i / 3) % 64, Math.floor(i / 192)];
      expect(value).toBe(x < 8 && y < 8 ? 9 : init.data[i]);
    });
  });

  it("prepareCanvas() finishes at the picture's size when the part is larger than the picture", () => {
    const canvas = canvasOf(
      noisy(64, 16),
      maskOf(64, 16, (x) => x < 40),
      sized({ maskArea: "masked" }, 32, 32),
    );
    const result = canvas.finish(plain(32, 32, 9));
    expect([result.width, result.height, result.data[0]]).toEqual([64, 16, 9]);
  });

  it("prepareCanvas() throws when the picture does not fit and nothing says how it is to, and fits it when told", () => {
    expect(() => canvasOf(noisy(60, 40), undefined, sized({}, 32, 32))).toThrow(
      "Cannot start from a picture of 60×40: 32×32 is wanted (or fit: stretch, crop or pad)",
    );
    for (const fit of ["stretch", "crop", "pad"] as const) {
      const { image } = canvasOf(plain(60, 40, 77), undefined, sized({ fit }, 32, 32));
      expect([image.width, image.height, new Set(image.data)]).toEqual([32, 32, new Set([77])]);
    }
  });

  it("prepareCanvas() fills what is painted from around it when told", () => {
    const init = plain(64, 48, 50);
    for (let y = 0; y < 8; y++) init.data.fill(255, y * 192, y * 192 + 24);
    expect(canvasOf(init, corner, sized({ fill: "fill" }, 64, 48)).image).toEqual(plain(64, 48, 50));
  });
});
