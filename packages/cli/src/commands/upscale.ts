// `noisette upscale`: pictures enlarged by an ESRGAN or Real-ESRGAN network.

import { basename, extname } from "node:path";
import { z } from "zod";
import type { Image } from "@noisette/core";
import { writePicture } from "@noisette/core/image/picture-file";
import { readImage } from "@noisette/core/image/png";
import { resizeImage } from "@noisette/core/image/resize";
import { partOf } from "../flags/part-of.ts";
import { modelOptions, modelPresentations } from "../models/model-options.ts";
import { openUpscaler } from "../models/open-upscaler.ts";
import { stickerFile } from "../models/sticker-package.ts";
import { openOutputFolder, saveNew } from "../pictures/output-folder.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { showLine, bar } from "../terminal/status-line.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";

const upscaleOptions = z.strictObject({
  model: z
    .string()
    .min(1)
    .optional()
    .describe("Network file, .pth or .safetensors (the bundled realesr-animevideov3, ×4)"),
  scale: z
    .number()
    .gt(0)
    .max(16)
    .optional()
    .describe("How much larger to make the result, by Lanczos's filter (as the network does)"),
  tile: z.int().min(16).max(4096).default(256).describe("Side of the parts that are enlarged one by one, in pixels"),
  overlap: z.int().min(0).max(512).default(24).describe("Pixels around a part that the network sees too"),
  out: z
    .string()
    .min(1)
    .default("outputs")
    .describe("Folder, or a name ending in .png, .jpg, .webp or .avif for a single one"),
  quiet: z.boolean().optional().describe("Say nothing but errors and the paths of the pictures"),
});
const deviceOptions = modelOptions.pick({ device: true, threads: true });

/** `noisette upscale`. */
export const command = defineCommand({
  usage: ["noisette upscale PICTURE… [flags]"],
  about:
    "Enlarges pictures and saves them as PNG files named after the old ones and their factor, never over an existing file.",
  options: upscaleOptions.extend(deviceOptions.shape),
  presentations: {
    device: modelPresentations.device,
    threads: modelPresentations.threads,
    model: { group: "Network", short: "m", value: "FILE" },
    scale: { group: "Network" },
    tile: { group: "Memory" },
    overlap: { group: "Memory" },
    out: { group: "Output", short: "o", value: "PATH" },
    quiet: { group: "Output", short: "q" },
  },
  groups: ["Network", "Memory", "Output"],
  async run(given, paths) {
    if (paths.length === 0) throw new UsageError("Cannot upscale: no picture (noisette upscale PICTURE…)");
    const { model, scale, tile, overlap, out, quiet } = upscaleOptions.parse(partOf(upscaleOptions, given));
    const images = await Promise.all(paths.map(readImage));
    const output = await openOutputFolder(out, paths.length);
    const status = quiet ? undefined : showLine(process.stderr);
    try {
      await interruptible(async (signal) => {
        status?.rewrite("loading …");
        const upscaler = await openUpscaler(model ?? bundledUpscaler(), partOf(deviceOptions, given));
        try {
          for (const [i, image] of images.entries()) {
            const name = basename(paths[i], extname(paths[i]));
            const larger = await upscaler.upscale(image, {
              tile,
              overlap,
              signal,
              onProgress: ({ done, total }) =>
                status?.rewrite(`${bar(done / total)} ${name}: ${done} of ${total} parts`),
            });
            const made = scale === undefined ? larger : scaled(image, larger, scale);
            const file = { ...output, name: output.name ?? `${name}-x${made.width / image.width}` };
            const saved = await saveNew(file, (to) => writePicture(to, made, { format: output.format }));
            status?.clear();
            process.stdout.write(`${saved}\n`);
          }
        } finally {
          await upscaler.close();
        }
      });
    } finally {
      status?.clear();
    }
  },
});

/** `larger` at `scale` times the size of `image`. */
const scaled = ({ width, height }: Image, larger: Image, scale: number): Image =>
  resizeImage(larger, {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
    filter: "lanczos",
  });

/** The network of the sticker package. Throws UsageError where that is not there. */
function bundledUpscaler(): string {
  const path = stickerFile("upscaler/realesr-animevideov3-x4.safetensors");
  if (path !== undefined) return path;
  throw new UsageError("Cannot upscale: no network is named (--model with a .pth or .safetensors file is wanted)");
}
