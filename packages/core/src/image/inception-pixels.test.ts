import { expect, it } from "vitest";
import type { Image } from "./image.ts";
import { inceptionPixels } from "./inception-pixels.ts";

/** One row that rises by 51 a pixel, the same in all channels. */
const ramp: Image = { width: 3, height: 1, channels: 3, data: Uint8Array.of(0, 0, 0, 51, 51, 51, 102, 102, 102) };
const row = (as: "pytorch-fid" | "torch-fidelity") => inceptionPixels([ramp], as).data.subarray(0, 299);

it("inceptionPixels() puts pixels at their middles when it is pytorch-fid's", () => {
  // Target i lies at (i + ½)·3/299 − ½ of the source, held at its ends; 2·51/255 a pixel from −1.
  row("pytorch-fid").forEach((value, i) => {
    const place = Math.min(Math.max(((i + 0.5) * 3) / 299 - 0.5, 0), 2);
    expect(value).toBeCloseTo(-1 + 0.4 * place, 5);
  });
});

it("inceptionPixels() puts pixels at their edges when it is torch-fidelity's", () => {
  row("torch-fidelity").forEach((value, i) => {
    expect(value).toBeCloseTo((51 * Math.min((i * 3) / 299, 2) - 128) / 128, 5);
  });
});

it("inceptionPixels() makes one tensor when pictures have several sizes and transparency", () => {
  const clear: Image = { width: 1, height: 2, channels: 4, data: Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 9) };
  const { dims, data } = inceptionPixels([ramp, clear], "pytorch-fid");
  expect(dims).toEqual([2, 3, 299, 299]);
  expect([data[3 * 299 ** 2], data[4 * 299 ** 2]]).toEqual([1, -1]);
});
