import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { onCheckerboard } from "./checkerboard.ts";
import { blended, pasted } from "./compose.ts";
import { withChannels } from "./channels.ts";
import { filled } from "./fill.ts";
import type { Image } from "./image.ts";
import { premultiplied, unpremultiplied } from "./premultiplied.ts";
import { resizeImage } from "./resize.ts";

const rgba = (width: number, ...pixels: readonly (readonly number[])[]): Image => ({
  width,
  height: pixels.length / width,
  channels: 4,
  data: Uint8Array.from(pixels.flat()),
});
const red = [255, 0, 0, 255];
const hiddenGreen = [0, 255, 0, 0];

describe("premultiplied()", () => {
  it("premultiplied() rounds each product over 255, and unpremultiplied() comes back within a level of what is seen", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 4, maxLength: 4 }), (data) => {
        const product = premultiplied(data);
        const back = unpremultiplied(product);
        for (let c = 0; c < 3; c++) {
          expect(product[c]).toBe(Math.round((data[c] * data[3]) / 255));
          if (data[3] > 0) expect(Math.abs(back[c] - data[c])).toBeLessThanOrEqual(255 / data[3]);
        }
        expect(back[3]).toBe(data[3]);
      }),
    );
  });
});

describe("resizeImage()", () => {
  it.each(["box", "bilinear", "bicubic", "lanczos"] as const)(
    "resizeImage() draws no colour from under transparency into what is seen when it filters by %s",
    (filter) => {
      const image = rgba(4, red, red, hiddenGreen, hiddenGreen);
      const { data } = resizeImage(image, { width: 3, height: 1, filter });
      for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] > 0) expect([...data.subarray(i, i + 3)]).toEqual([255, 0, 0]);
      expect(data[7]).toBeGreaterThan(0);
    },
  );
});

describe("blended()", () => {
  const mask = { width: 4, height: 1, data: Uint8Array.of(0, 127, 255, 0) };
  const bytes = fc.uint8Array({ minLength: 12, maxLength: 12 });

  it("blended() mixes colours by how much of them is seen when pictures have alpha", () => {
    const over = rgba(4, red, red, red, hiddenGreen);
    const under = rgba(4, hiddenGreen, hiddenGreen, hiddenGreen, hiddenGreen);
    expect(blended(over, under, mask)).toEqual(rgba(4, hiddenGreen, [255, 0, 0, 127], red, hiddenGreen));
  });

  it("blended() gives the same for opaque pictures whether or not they have alpha", () => {
    fc.assert(
      fc.property(bytes, bytes, (...pair) => {
        const [a, b] = pair.map((data): Image => ({ width: 4, height: 1, channels: 3, data }));
        const plain = blended(a, b, mask);
        expect(withChannels(blended(withChannels(a, 4), b, mask), 3)).toEqual(plain);
      }),
    );
  });
});

describe("pasted()", () => {
  it("pasted() has the part's channels, its own pixels inside and the picture's outside", () => {
    const ground: Image = { width: 3, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9) };
    expect(pasted(rgba(1, hiddenGreen), ground, { left: 1, top: 0 })).toEqual(
      rgba(3, [1, 2, 3, 255], hiddenGreen, [7, 8, 9, 255]),
    );
  });
});

describe("filled()", () => {
  it("filled() carries transparency into a hole, and no colour of what is not seen", () => {
    const row = (hole: readonly number[]) => rgba(8, red, red, hole, hole, hole, hole, hiddenGreen, hiddenGreen);
    const mask = { width: 8, height: 1, data: Uint8Array.of(0, 0, 255, 255, 255, 255, 0, 0) };
    const { data } = filled(row([9, 9, 200, 255]), mask);
    expect([...data.subarray(24)]).toEqual([...hiddenGreen, ...hiddenGreen]);
    for (let i = 8; i < 24; i += 4) {
      expect(data[i + 3]).toBeLessThanOrEqual(data[i - 1]);
      expect([data[i + 1], data[i + 2]]).toEqual([0, 0]);
    }
  });
});

describe("onCheckerboard()", () => {
  it("onCheckerboard() shows light squares where nothing is, and opaque pixels as they are", () => {
    const clear = onCheckerboard({ width: 16, height: 1, channels: 4, data: new Uint8Array(64) });
    expect([clear.channels, clear.data[0], clear.data[3 * 8]]).toEqual([3, 255, 236]);
    expect(onCheckerboard(rgba(1, red))).toEqual({ width: 1, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0) });
  });
});
