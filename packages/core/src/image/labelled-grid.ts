// Pictures in rows and columns that say what varies along each: X/Y plots, prompt matrices, maps of attention by word and step.

import { drawLabel } from "#platform";
import { onCheckerboard } from "./checkerboard.ts";
import { resizeImage } from "./resize.ts";
import type { Image } from "./image.ts";

/** A grid of pictures. */
export interface LabelledGrid {
  /** What stands over each column; no line for it when all are empty. */
  readonly columns: readonly string[];
  /** What stands before each row; no room for it when all are empty. */
  readonly rows: readonly string[];
  /** Row by row; undefined leaves a place empty. */
  readonly cells: readonly (readonly (Image | undefined)[])[];
}

/** How a grid looks, in pixels. */
export interface GridOptions {
  readonly gap?: number;
  /** The longest side it may have: pictures are shrunk to keep it. */
  readonly maxSide?: number;
}

const ground = 0x18;
const lineHeight = 24;
// A character of drawLabel's type is about this wide, and a capital, an m, a w or a sign of East Asia at most that.
const characterWidth = 0.6 * 0.6 * lineHeight;
const wideCharacter = 0.6 * lineHeight;
const textWidth = (text: string): number =>
  Array.from(text, (c) => (/[\p{Lu}\p{Lo}mw]/u.test(c) ? wideCharacter : characterWidth)).reduce((a, b) => a + b, 0);
const longestRowLabel = 240;

/** The pictures as one, transparent ones on a checkerboard. Labels longer than their place go over several lines. */
export async function labelledGrid(
  { columns, rows, cells }: LabelledGrid,
  { gap = 8, maxSide = 8192 }: GridOptions = {},
): Promise<Image> {
  const shown = cells.flat().flatMap((image) => image ?? []);
  if (shown.length === 0) throw new RangeError("Cannot make a grid of no pictures");
  const left = Math.min(longestRowLabel, Math.ceil(Math.max(...rows.map(textWidth))));
  const margin = left === 0 ? gap : left + 2 * gap;
  const full = {
    width: Math.max(...shown.map(({ width }) => width)),
    height: Math.max(...shown.map(({ height }) => height)),
  };
  const shrink = Math.min(
    1,
    (maxSide - margin) / columns.length / (full.width + gap),
    (maxSide - gap) / rows.length / (full.height + gap),
  );
  const cell = {
    width: Math.max(1, Math.floor(full.width * shrink)),
    height: Math.max(1, Math.floor(full.height * shrink)),
  };
  const heads = columns.map((label) => lines(label, cell.width));
  const top = Math.max(...heads.map(({ length }) => length)) * lineHeight + gap;

  const width = margin + columns.length * (cell.width + gap);
  const height = top + rows.length * (cell.height + gap);
  const sheet: Image = { width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(ground) };
  for (const [x, head] of heads.entries())
    await write(head, { left: margin + x * (cell.width + gap), top: gap, width: cell.width });
  for (const [y, label] of rows.entries()) {
    const text = lines(label, left).slice(0, Math.max(1, Math.floor(cell.height / lineHeight)));
    const middle = Math.max(0, Math.floor((cell.height - text.length * lineHeight) / 2));
    await write(text, { left: gap, top: top + y * (cell.height + gap) + middle, width: left });
  }
  cells.forEach((row, y) =>
    row.forEach((image, x) => {
      if (image === undefined) return;
      const size = {
        width: Math.max(1, Math.round(image.width * shrink)),
        height: Math.max(1, Math.round(image.height * shrink)),
      };
      const shown = onCheckerboard(image);
      const small = shrink === 1 ? shown : resizeImage(shown, { ...size, filter: "box" });
      paste(small, sheet, { left: margin + x * (cell.width + gap), top: top + y * (cell.height + gap) });
    }),
  );
  return sheet;

  async function write(text: readonly string[], place: { left: number; top: number; width: number }): Promise<void> {
    for (const [i, line] of text.entries()) {
      if (line === "") continue;
      const drawn = await drawLabel(line, { width: place.width, height: Math.min(lineHeight, sheet.height) });
      paste(drawn, sheet, { left: place.left, top: place.top + i * lineHeight });
    }
  }
}

/** `label` in lines that fit into `width`, broken between words, or inside one that is longer than a line. */
function lines(label: string, width: number): string[] {
  if (label === "") return [];
  const room = Math.max(1, Math.floor(width / characterWidth));
  const broken = label.split(" ").flatMap((word) => word.match(new RegExp(`.{1,${room}}`, "gsu")) ?? [""]);
  return broken.reduce<string[]>((done, word) => {
    const last = done.at(-1);
    if (last === undefined || last.length + 1 + word.length > room) return [...done, word];
    return [...done.slice(0, -1), `${last} ${word}`];
  }, []);
}

/** Lays `image`, of three channels, over the sheet, as far as it fits. */
function paste(image: Image, sheet: Image, { left, top }: { left: number; top: number }): void {
  for (let y = 0; y < Math.min(image.height, sheet.height - top); y++) {
    for (let x = 0; x < Math.min(image.width, sheet.width - left); x++) {
      const from = (y * image.width + x) * 3;
      const to = ((top + y) * sheet.width + left + x) * 3;
      for (let c = 0; c < 3; c++) sheet.data[to + c] = image.data[from + c];
    }
  }
}
