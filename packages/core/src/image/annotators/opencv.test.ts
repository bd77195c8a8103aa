// Against OpenCV 5.0.0 and numpy 2.4.6: one drawing with grain, and noise, in which every branch of every rule is taken.

import { describe, expect, it } from "vitest";
import { goldenTensor, readGolden } from "../../../../../fixtures/read-golden.ts";
import type { Image } from "../image.ts";
import { imageFromMask } from "../mask.ts";
import { annotate } from "./index.ts";
import type { AnnotatorId } from "./index.ts";
import { shrunk } from "./tile.ts";

const cases: readonly (readonly [
  string,
  AnnotatorId,
  Record<string, unknown>,
  { of?: string; within?: number; pixels?: number },
])[] = [
  ["canny", "canny", {}, {}],
  ["canny.low", "canny", { low: 20, high: 60 }, {}],
  ["canny.l2", "canny", { low: 50, high: 120, l2Gradient: true }, {}],
  ["xdog", "xdog", {}, {}],
  ["lineart", "lineart", {}, { within: 1 }],
  // OpenCV blurs, mixes and interpolates bytes in fixed point; strokes end where such a blur crosses 4.5.
  ["scribble", "scribble", { threshold: 60, sigma: 1.5 }, { of: "soft", pixels: 3 }],
  ["blur", "blur", { sigma: 4 }, { within: 1 }],
  ["color", "color", {}, { within: 1 }],
  ["luminance", "luminance", {}, { within: 1 }],
  ["intensity", "intensity", {}, {}],
  ["shuffle", "shuffle", {}, { within: 3 }],
];
const pictures = { drawing: { cell: 7, scale: 16 }, noise: { cell: 6, scale: 8 } };

describe.each(Object.entries(pictures))("OpenCV's %s", (name, sizes) => {
  const golden = readGolden(`annotators/${name}`);
  const picture = (key: string): Image => {
    const { dims, data } = goldenTensor(golden, key);
    const [height, width, channels = 1] = dims;
    const bytes = data as Uint8Array;
    return channels === 3 ? { width, height, channels: 3, data: bytes } : imageFromMask({ width, height, data: bytes });
  };

  it.each(cases)(
    "annotate() gives %s when it annotates by %s with %j",
    (key, id, options, { of = "image", within = 0, pixels = 0 }) => {
      const own = id === "color" ? { cell: sizes.cell } : id === "shuffle" ? { scale: sizes.scale } : options;
      const made = annotate(id, picture(of), own);
      expect(differing(made, picture(key), within)).toBeLessThanOrEqual(pixels);
    },
  );

  it("shrunk() gives INTER_AREA when it makes a picture 3.3 times smaller", () => {
    const wanted = picture("tile");
    expect(differing(shrunk(picture("image"), wanted), wanted, 1)).toBe(0);
  });
});

/** How many pixels differ by more than `within`. */
function differing(a: Image, b: Image, within: number): number {
  expect([a.width, a.height]).toEqual([b.width, b.height]);
  const places = [...a.data.keys()].filter((i) => Math.abs(a.data[i] - b.data[i]) > within);
  return new Set(places.map((i) => Math.floor(i / 3))).size;
}
