// Many pictures on one, with a line of text under each.

import { drawLabel } from "#platform";
import { onCheckerboard } from "./checkerboard.ts";
import type { Image } from "./image.ts";

/** A picture of the sheet and what to write under it. */
export interface SheetPicture {
  readonly image: Image;
  readonly label?: string;
}

/** How a sheet looks, in pixels. */
export interface SheetOptions {
  /** Between pictures and around them. */
  readonly gap?: number;
  /** Height of the line of text; there is none when no picture has a label. */
  readonly labelHeight?: number;
  /** The longest side the sheet may have: pictures are shrunk by the smallest whole factor that keeps it. */
  readonly maxSide?: number;
}

const ground = 0x18;

/** Lays pictures out left to right, top to bottom, in as many columns as rows or one more; transparent ones on a checkerboard. */
export async function contactSheet(
  pictures: readonly SheetPicture[],
  { gap = 8, labelHeight = 24, maxSide = 8192 }: SheetOptions = {},
): Promise<Image> {
  if (pictures.length === 0) throw new RangeError("Cannot make a contact sheet of no pictures");
  const columns = Math.ceil(Math.sqrt(pictures.length));
  const rows = Math.ceil(pictures.length / columns);
  const lineHeight = pictures.some(({ label }) => label !== undefined) ? labelHeight : 0;
  const largest = (side: "width" | "height") => Math.max(...pictures.map(({ image }) => image[side]));
  const layout = (factor: number) => {
    const cell = { width: Math.ceil(largest("width") / factor), height: Math.ceil(largest("height") / factor) };
    const width = columns * (cell.width + gap) + gap;
    const height = rows * (cell.height + lineHeight + gap) + gap;
    return { cell, width, height };
  };
  let factor = 1;
  while (Math.max(layout(factor).width, layout(factor).height) > maxSide && layout(factor).cell.width > 1) factor++;

  const { cell, width, height } = layout(factor);
  const sheet = { width, height, channels: 3 as const, data: new Uint8Array(width * height * 3).fill(ground) };
  for (const [i, { image, label }] of pictures.entries()) {
    const left = gap + (i % columns) * (cell.width + gap);
    const top = gap + Math.floor(i / columns) * (cell.height + lineHeight + gap);
    const small = shrink(onCheckerboard(image), factor);
    paste(small, sheet, {
      left: left + Math.floor((cell.width - small.width) / 2),
      top: top + Math.floor((cell.height - small.height) / 2),
    });
    if (label === undefined || lineHeight === 0) continue;
    paste(await drawLabel(label, { width: cell.width, height: lineHeight }), sheet, { left, top: top + cell.height });
  }
  return sheet;
}

/** Each pixel the mean of factor × factor ones (fewer at the far edges); of three channels. */
function shrink({ width, height, data }: Image, factor: number): Image {
  const small = { width: Math.ceil(width / factor), height: Math.ceil(height / factor) };
  const means = new Uint8ClampedArray(small.width * small.height * 3);
  for (let y = 0; y < small.height; y++) {
    for (let x = 0; x < small.width; x++) {
      const bottom = Math.min(height, (y + 1) * factor);
      const right = Math.min(width, (x + 1) * factor);
      const count = (bottom - y * factor) * (right - x * factor);
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let row = y * factor; row < bottom; row++) {
          for (let column = x * factor; column < right; column++) sum += data[(row * width + column) * 3 + c];
        }
        means[(y * small.width + x) * 3 + c] = sum / count;
      }
    }
  }
  return { ...small, channels: 3, data: new Uint8Array(means.buffer) };
}

function paste(image: Image, sheet: Image, { left, top }: { left: number; top: number }): void {
  for (let y = 0; y < image.height; y++) {
    const row = image.data.subarray(y * image.width * 3, (y + 1) * image.width * 3);
    sheet.data.set(row, ((top + y) * sheet.width + left) * 3);
  }
}
