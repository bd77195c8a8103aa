import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blurMask, growMask, imageFromMask, invertMask, maskFromImage } from "./mask.ts";
import type { Mask } from "./mask.ts";
import { maskArea, maskBounds } from "./mask-area.ts";

const masks = fc
  .integer({ min: 1, max: 12 })
  .chain((width) =>
    fc
      .integer({ min: 1, max: 12 })
      .chain((height) =>
        fc
          .uint8Array({ minLength: width * height, maxLength: width * height })
          .map((data): Mask => ({ width, height, data: Uint8Array.from(data) })),
      ),
  );
const box = (width: number, height: number, [left, top, w, h]: readonly number[]): Mask => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return x >= left && x < left + w && y >= top && y < top + h ? 255 : 0;
  }),
});

describe("maskFromImage()", () => {
  it("maskFromImage() is Pillow's luma when the picture has colours", () => {
    const data = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255);
    expect([...maskFromImage({ width: 4, height: 1, channels: 3, data }).data]).toEqual([76, 150, 29, 255]);
  });

  it("maskFromImage() undoes imageFromMask() whatever the mask", () => {
    fc.assert(
      fc.property(masks, (mask) => {
        expect(maskFromImage(imageFromMask(mask))).toEqual(mask);
      }),
    );
  });
});

describe("growMask()", () => {
  it("growMask() takes the largest value of a square around each pixel", () => {
    fc.assert(
      fc.property(masks, fc.integer({ min: 0, max: 5 }), (mask, pixels) => {
        const { width, height, data } = mask;
        const naive = data.map((_, i) => {
          let largest = 0;
          for (
            let y = Math.max(Math.floor(i / width) - pixels, 0);
            y <= Math.floor(i / width) + pixels && y < height;
            y++
          )
            for (let x = Math.max((i % width) - pixels, 0); x <= (i % width) + pixels && x < width; x++)
              largest = Math.max(largest, data[y * width + x]);
          return largest;
        });
        expect(growMask(mask, pixels).data).toEqual(naive);
      }),
    );
  });

  it("growMask() narrows when pixels are below 0, as growing does to what is kept", () => {
    expect(maskBounds(growMask(box(9, 9, [2, 2, 5, 5]), -2))).toEqual({ left: 4, top: 4, width: 1, height: 1 });
    fc.assert(
      fc.property(masks, (mask) => {
        expect(growMask(mask, -1)).toEqual(invertMask(growMask(invertMask(mask), 1)));
      }),
    );
  });
});

describe("blurMask()", () => {
  it("blurMask() is a Gaussian's integral over an edge", () => {
    const blurred = blurMask(box(64, 1, [32, 0, 32, 1]), 4);
    for (let x = 0; x < 64; x++) {
      // The bell's sum over the white side.
      let [side, all] = [0, 0];
      for (let k = -10; k <= 10; k++) {
        const weight = Math.exp(-(k * k) / 32);
        all += weight;
        if (x + k >= 32) side += weight;
      }
      if (x > 10 && x < 53) expect(Math.abs(blurred.data[x] - (255 * side) / all)).toBeLessThanOrEqual(0.51);
    }
  });

  it("blurMask() leaves black black and white white whatever the width", () => {
    for (const value of [0, 255]) {
      const plain = { width: 3, height: 5, data: new Uint8Array(15).fill(value) };
      expect(blurMask(plain, 20)).toEqual(plain);
    }
  });
});

describe("maskArea()", () => {
  const size = { width: 512, height: 512, padding: 0 };

  it("maskArea() widens to the run's shape around the middle", () => {
    expect(maskArea(box(400, 300, [100, 100, 128, 32]), size)).toEqual({ left: 100, top: 52, width: 128, height: 128 });
    expect(maskArea(box(400, 300, [100, 100, 33, 64]), size)).toEqual({ left: 85, top: 100, width: 64, height: 64 });
  });

  it("maskArea() moves back into the picture, and stops at its size, when there is no room", () => {
    expect(maskArea(box(400, 300, [0, 0, 100, 10]), size)).toEqual({ left: 0, top: 0, width: 100, height: 100 });
    expect(maskArea(box(400, 300, [0, 290, 100, 10]), size)).toEqual({ left: 0, top: 200, width: 100, height: 100 });
    expect(maskArea(box(400, 50, [0, 0, 100, 10]), size)).toEqual({ left: 0, top: 0, width: 100, height: 50 });
  });

  it("maskArea() pads as far as the picture reaches, and is undefined when nothing is painted", () => {
    expect(maskArea(box(64, 64, [0, 0, 8, 8]), { ...size, padding: 4 })).toEqual({
      left: 0,
      top: 0,
      width: 12,
      height: 12,
    });
    expect(maskArea(box(8, 8, [0, 0, 0, 0]), size)).toBeUndefined();
  });

  it("maskArea() covers all that is painted and lies inside the picture whatever the mask", () => {
    fc.assert(
      fc.property(masks, fc.integer({ min: 1, max: 64 }), fc.integer({ min: 0, max: 6 }), (mask, width, padding) => {
        const bounds = maskBounds(mask);
        fc.pre(bounds !== undefined);
        const area = maskArea(mask, { width, height: 32, padding })!;
        expect(area.left).toBeGreaterThanOrEqual(0);
        expect(area.top).toBeGreaterThanOrEqual(0);
        expect(area.left).toBeLessThanOrEqual(bounds!.left);
        expect(area.left + area.width).toBeGreaterThanOrEqual(bounds!.left + bounds!.width);
        expect(area.left + area.width).toBeLessThanOrEqual(mask.width);
        expect(area.top + area.height).toBeLessThanOrEqual(mask.height);
      }),
    );
  });
});
