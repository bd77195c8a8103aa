import { describe, expect, it } from "vitest";
import type { Image } from "../image/image.ts";
import { controlPicture, controlTensor, fittedControl } from "./control-picture.ts";

/** A picture whose pixels are `color(x, y)`. */
function drawn(width: number, height: number, color: (x: number, y: number) => readonly number[]): Image {
  const pixels = Array.from({ length: width * height }, (_, i) => color(i % width, Math.floor(i / width)));
  return { width, height, channels: 3, data: Uint8Array.from(pixels.flat()) };
}
const grey = (value: number) => [value, value, value];
const at = ({ width, data }: Image, x: number, y: number) => data[3 * (y * width + x)];

describe("fittedControl()", () => {
  const halves = drawn(64, 32, (x) => grey(x < 32 ? 0 : 255));

  it("fittedControl() gives the picture itself when it has the size", () => {
    expect(fittedControl(halves, { width: 64, height: 32 }, undefined)).toEqual({ image: halves });
  });

  it("fittedControl() resizes, and says so, when it has the shape", () => {
    const { image, note } = fittedControl(halves, { width: 128, height: 64 }, undefined);
    expect([image.width, image.height, at(image, 10, 10), at(image, 120, 60)]).toEqual([128, 64, 0, 255]);
    expect(note).toBe("control picture of 64×32 resized to 128×64");
  });

  it("fittedControl() names the shape that is wanted when it has another and no fit is named", () => {
    expect(() => fittedControl(halves, { width: 64, height: 64 }, undefined)).toThrow(
      "Cannot follow a control picture of 64×32: the shape of 64×64 is wanted (or fit: stretch, crop or fill)",
    );
  });

  it("fittedControl() stretches, cuts the sides, or fills with the border's colour when told to", () => {
    const size = { width: 64, height: 64 };
    const framed = drawn(64, 32, (x, y) => grey(x < 8 || x >= 56 || y < 2 || y >= 30 ? 90 : 200));
    const [stretched, cut, filled] = (["stretch", "crop", "fill"] as const).map(
      (fit) => fittedControl(framed, size, fit).image,
    );
    expect([at(stretched, 2, 32), at(stretched, 32, 32)]).toEqual([90, 200]);
    expect([at(cut, 2, 32), at(cut, 32, 32)]).toEqual([200, 200]);
    expect([at(filled, 32, 2), at(filled, 2, 32), at(filled, 32, 32), at(filled, 32, 61)]).toEqual([90, 90, 200, 90]);
  });
});

describe("controlPicture()", () => {
  it("controlPicture() is drawn by the annotator in the run's size when it names one", () => {
    const square = drawn(32, 32, (x, y) => grey(x >= 8 && x < 24 && y >= 8 && y < 24 ? 255 : 0));
    const { image } = controlPicture(square, { width: 64, height: 64 }, { annotator: "canny" });
    expect([image.width, image.height]).toEqual([64, 64]);
    expect(new Set(image.data)).toEqual(new Set([0, 255]));
    expect(at(image, 32, 32)).toBe(0);
  });

  it("controlPicture() names the option that the annotator does not have", () => {
    const square = drawn(8, 8, () => grey(0));
    expect(() =>
      controlPicture(square, { width: 8, height: 8 }, { annotator: "canny", annotatorOptions: { lowest: 1 } }),
    ).toThrow(/Cannot annotate by canny: .*lowest/);
  });
});

describe("controlTensor()", () => {
  const pixel = drawn(1, 1, () => [255, 51, 0]);

  it("controlTensor() is bytes over 255 when the network sees colours, the other way round when blue is first", () => {
    const fifth = Math.fround(0.2);
    expect(controlTensor(pixel, { channels: 3 })).toEqual({ dims: [1, 3, 1, 1], data: Float32Array.of(1, fifth, 0) });
    expect([...controlTensor(pixel, { channels: 3, blueFirst: true }).data]).toEqual([0, fifth, 1]);
  });

  it("controlTensor() is Pillow's grey when the network sees one channel", () => {
    // (19595·255 + 38470·51 + 0x8000) / 2¹⁶, cut off.
    expect([...controlTensor(pixel, { channels: 1 }).data]).toEqual([Math.fround(106 / 255)]);
  });
});
