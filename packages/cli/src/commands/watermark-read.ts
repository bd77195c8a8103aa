// `noisette watermark read`: the invisible text in pictures.

import { readImage } from "@noisette/core/image/png";
import { readWatermark } from "@noisette/core/image/watermark";
import { findWatermark, textOf } from "@noisette/core/image/watermark-text";
import { z } from "zod";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";
import { jsonOption } from "./json-option.ts";

const readOptions = z.strictObject({
  bits: z.int().min(1).max(100_000).optional().describe("Length, to read what is there, be it a text or not"),
  ...jsonOption.shape,
});

/** `noisette watermark read PICTURE…`. */
export const command = defineCommand({
  usage: ["noisette watermark read PICTURE…"],
  about:
    "Says which invisible text --watermark, Stable Diffusion's own program or diffusers wrote into pictures, and how well the parts of each agree on it, from 0.5 to 1. Anyone can write such a text, and any edit can remove it: it proves nothing.",
  options: readOptions,
  presentations: { bits: { group: "Watermark" }, json: { group: "Output" } },
  async run({ bits: length, json }, paths) {
    if (paths.length === 0)
      throw new UsageError("Cannot read a watermark: no picture (noisette watermark read PICTURE…)");
    const reports = [];
    for (const path of paths) {
      const image = await readImage(path);
      reports.push({ path, ...(length === undefined ? findWatermark(image) : read(image, length)) });
    }
    const lines = reports.map(({ path, text, by, agreement }) =>
      agreement === undefined
        ? `${path}: no watermark`
        : `${path}: ${text}${by === undefined ? "" : ` (${by})`}, agreement ${agreement.toFixed(2)}`,
    );
    process.stdout.write(json ? `${JSON.stringify(reports, null, 2)}\n` : `${lines.join("\n")}\n`);
  },
});

/** What is there at this length: its text, or its bits after 0b where they are none. */
function read(image: Parameters<typeof readWatermark>[0], length: number): ReturnType<typeof findWatermark> {
  const { bits, agreement } = readWatermark(image, length);
  return { text: (length % 8 === 0 ? textOf(bits) : undefined) ?? `0b${bits.join("")}`, agreement };
}
