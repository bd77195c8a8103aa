// `noisette data sheet`: a look at the pictures.

import { z } from "zod";
import { fitImage } from "@noisette/core/data/load-image";
import { order } from "@noisette/core/data/order";
import { contactSheet } from "@noisette/core/image/contact-sheet";
import type { SheetPicture } from "@noisette/core/image/contact-sheet";
import { writePng } from "@noisette/core/image/png";
import { decodeImage } from "@noisette/core/platform/node";
import { namedRecords } from "../data/selection.ts";
import { defineCommand } from "./command.ts";

/** `noisette data sheet`. */
export const command = defineCommand({
  usage: ["noisette data sheet FOLDER-OR-JSONL-OR-TAR --out sheet.png"],
  about: "Puts pictures with their captions on one sheet: some at random, or the first.",
  options: z.strictObject({
    count: z.int().min(1).max(10_000).default(100).describe("How many"),
    seed: z.int().min(0).optional().describe("Which ones; without it the first"),
    size: z.int().min(8).max(1024).default(96).describe("Side of each picture in pixels"),
    out: z.string().min(1).default("sheet.png").describe("PNG file to write"),
  }),
  presentations: {
    count: { group: "Sheet", short: "c" },
    seed: { group: "Sheet", short: "s" },
    size: { group: "Sheet" },
    out: { group: "Output", short: "o", value: "FILE.png" },
  },
  async run({ count = 100, seed, size = 96, out = "sheet.png" }, words) {
    const { path, records } = await namedRecords(words);
    const chosen = seed === undefined ? records : Array.from(order(records.length, seed, 0), (i) => records[i]);
    const pictures: SheetPicture[] = [];
    let unreadable = 0;
    for (const { bytes, caption, id } of chosen) {
      if (pictures.length === count) break;
      try {
        const image = await decodeImage(await bytes());
        // The longer side fills the cell.
        const scale = size / Math.max(image.width, image.height);
        const side = (length: number) => Math.max(1, Math.round(length * scale));
        const fitted = await fitImage(image, { width: side(image.width), height: side(image.height), fit: "stretch" });
        pictures.push({ image: fitted, label: caption ?? id });
      } catch {
        unreadable++;
      }
    }
    if (pictures.length === 0) throw new Error(`Cannot make a sheet of "${path}": no picture can be read`);
    await writePng(out, await contactSheet(pictures, { labelHeight: 16, gap: 4 }));
    process.stdout.write(
      `${out}: ${pictures.length} pictures${unreadable === 0 ? "" : `, ${unreadable} cannot be read`}\n`,
    );
  },
});
