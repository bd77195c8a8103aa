import { describe, expect, it } from "vitest";
import { tensor } from "../tensor/tensor.ts";
import { heatOverlay } from "./heat-overlay.ts";
import type { Image } from "./image.ts";
import { labelledGrid } from "./labelled-grid.ts";

const plain = (width: number, height: number, value: number): Image => ({
  width,
  height,
  channels: 3,
  data: new Uint8Array(width * height * 3).fill(value),
});
const red = ({ width, data }: Image, x: number, y: number) => data[(y * width + x) * 3];

describe("labelledGrid()", () => {
  it("lays pictures out without margins for labels when there are none", async () => {
    const cells = [
      [plain(10, 6, 100), plain(10, 6, 101), undefined],
      [plain(10, 6, 110), plain(4, 6, 111), plain(10, 6, 112)],
    ];
    const sheet = await labelledGrid({ columns: ["", "", ""], rows: ["", ""], cells }, { gap: 2 });
    expect([sheet.width, sheet.height]).toEqual([2 + 3 * 12, 2 + 2 * 8]);
    expect([red(sheet, 2, 2), red(sheet, 14, 2), red(sheet, 26, 2)]).toEqual([100, 101, 0x18]);
    expect([red(sheet, 2, 10), red(sheet, 17, 15), red(sheet, 18, 15), red(sheet, 26, 10)]).toEqual([
      110, 111, 0x18, 112,
    ]);
  });

  it("writes labels over columns and before rows, long ones over several lines", async () => {
    const cells = [[plain(60, 60, 100)]];
    const sheet = await labelledGrid({ columns: ["a rather long label"], rows: ["row"], cells });
    const lines = (sheet.height - 60 - 2 * 8) / 24;
    expect(lines).toBeGreaterThan(2);
    const light = (from: number, to: number, left: number, right: number) => {
      for (let y = from; y < to; y++) for (let x = left; x < right; x++) if (red(sheet, x, y) > 0x80) return true;
      return false;
    };
    const [top, left] = [sheet.height - 60 - 8, sheet.width - 60 - 8];
    for (let line = 0; line < lines - 1; line++)
      expect(light(8 + 24 * line, 8 + 24 * (line + 1), left, left + 60)).toBe(true);
    expect(light(top + 10, top + 50, 8, left - 8)).toBe(true);
  });

  it("shrinks pictures when the sheet would be too large", async () => {
    const cells = [[plain(100, 50, 100), plain(100, 50, 101)]];
    const sheet = await labelledGrid({ columns: ["", ""], rows: [""], cells }, { gap: 0, maxSide: 100 });
    expect([sheet.width, sheet.height]).toEqual([100, 25]);
    expect([red(sheet, 49, 24), red(sheet, 50, 0)]).toEqual([100, 101]);
  });

  it("refuses a grid of nothing", async () => {
    await expect(labelledGrid({ columns: ["a"], rows: ["b"], cells: [[undefined]] })).rejects.toThrow(
      /^Cannot make a grid of no pictures$/,
    );
  });
});

describe("heatOverlay()", () => {
  it("goes from dark to light as the heat rises, whatever its range", () => {
    const heat = tensor([1, 1, 1, 3], Float32Array.of(-5, 0, 5));
    const overlay = heatOverlay(plain(30, 10, 128), heat);
    const brightness = [2, 15, 27].map((x) => {
      const i = (5 * 30 + x) * 3;
      return overlay.data[i] + overlay.data[i + 1] + overlay.data[i + 2];
    });
    expect(brightness[0]).toBeLessThan(brightness[1]);
    expect(brightness[1]).toBeLessThan(brightness[2]);
    expect(heatOverlay(plain(30, 10, 128), { ...heat, data: heat.data.map((value) => 7 * value + 3) })).toEqual(
      overlay,
    );
  });

  it("is even where the heat is", () => {
    const overlay = heatOverlay(plain(4, 4, 50), tensor([1, 1, 2, 2], Float32Array.of(3, 3, 3, 3)));
    expect(new Set(overlay.data.filter((_, i) => i % 3 === 0)).size).toBe(1);
  });
});
