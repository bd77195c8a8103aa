import fc from "fast-check";
import { expect, test } from "vitest";
import { drawLabel } from "#platform";
import { contactSheet } from "./contact-sheet.ts";
import type { Image } from "./image.ts";

const plain = (width: number, height: number, value: number, channels: 3 | 4 = 3): Image => ({
  width,
  height,
  channels,
  data: new Uint8Array(width * height * channels).fill(value),
});
const red = ({ width, data }: Image, x: number, y: number) => data[(y * width + x) * 3];

test.each([
  [1, 1, 1],
  [2, 2, 1],
  [3, 2, 2],
  [5, 3, 2],
  [9, 3, 3],
  [10, 4, 3],
])("contactSheet() lays %i pictures out in %i columns and %i rows", async (count, columns, rows) => {
  const pictures = Array.from({ length: count }, (_, i) => ({ image: plain(10, 6, 100 + i) }));
  const sheet = await contactSheet(pictures, { gap: 2 });
  expect([sheet.width, sheet.height]).toEqual([columns * 12 + 2, rows * 8 + 2]);
  pictures.forEach((_, i) => {
    expect(red(sheet, 2 + (i % columns) * 12, 2 + Math.floor(i / columns) * 8)).toBe(100 + i);
  });
  expect(red(sheet, 0, 0)).toBe(0x18);
});

test("contactSheet() centres smaller pictures and lays transparent ones on a light ground", async () => {
  const sheet = await contactSheet([{ image: plain(4, 4, 200) }, { image: plain(2, 2, 51, 4) }], { gap: 1 });
  expect([sheet.width, sheet.height]).toEqual([11, 6]);
  expect(red(sheet, 6, 1)).toBe(0x18);
  expect(red(sheet, 7, 2)).toBe(Math.round(0.2 * 51 + 0.8 * 255));
});

test("contactSheet() shrinks pictures to means when the sheet would be longer than maxSide", async () => {
  const data = Uint8Array.from({ length: 12 }, (_, i) => [0, 0, 0, 100, 100, 100, 200, 200, 200, 100, 100, 100][i]);
  const image: Image = { width: 2, height: 2, channels: 3, data };
  const sheet = await contactSheet([{ image }], { gap: 1, maxSide: 3 });
  expect([sheet.width, sheet.height, red(sheet, 1, 1)]).toEqual([3, 3, 100]);
});

test("contactSheet() writes labels under their pictures", async () => {
  const pictures = [{ image: plain(60, 20, 0), label: "seed 1 <&> 猫" }, { image: plain(60, 20, 0) }];
  const sheet = await contactSheet(pictures, { gap: 0, labelHeight: 20 });
  expect([sheet.width, sheet.height]).toEqual([120, 40]);
  const brightest = (left: number) => {
    let value = 0;
    for (let y = 20; y < 40; y++) for (let x = left; x < left + 60; x++) value = Math.max(value, red(sheet, x, y));
    return value;
  };
  expect(brightest(60)).toBe(0x18);
  expect(brightest(0)).toBeGreaterThan(150); // needs any font on the machine
});

test("contactSheet() throws when there is no picture", async () => {
  await expect(contactSheet([])).rejects.toThrow("Cannot make a contact sheet of no pictures");
});

test("drawLabel() draws any text", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string({ unit: "binary" }), fc.string()), async (text) => {
      expect((await drawLabel(text, { width: 30, height: 10 })).data.length).toBe(900);
    }),
    { numRuns: 30 },
  );
});
