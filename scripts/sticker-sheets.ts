// What the bundled model draws, none of it picked by hand: ten things in every style, and ten prompts beside ten captions that
// were held out, drawn at random. Seeds count up from 1 in each row of the grid, and on the sheet.
//
//   npx tsx --conditions=source scripts/sticker-sheets.ts [MODEL = packages/sticker] [STICKERS = data/stickers] [FOLDER = docs/assets]

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load } from "@noisette/core";
import type { Image } from "@noisette/core";
import { openStickers } from "@noisette/core/data/stickers/stickers";
import { stickerStyles } from "@noisette/core/data/stickers/styles";
import { contactSheet } from "@noisette/core/image/contact-sheet";
import { labelledGrid } from "@noisette/core/image/labelled-grid";
import { writePicture } from "@noisette/core/image/picture-file";
import { resizeImage } from "@noisette/core/image/resize";
import { TorchGenerator } from "@noisette/core/util/rng/torch-generator";

/** The things of the grid: some that many styles draw, some that few do. */
export const things = [
  "red apple",
  "grinning face",
  "fox",
  "cat face",
  "rocket",
  "sunflower",
  "pizza",
  "blue heart",
  "octopus",
  "house",
] as const;

/** The prompts of the sheet, beside those that are drawn at random. */
export const prompts = [
  "a red fox, 3d glossy",
  "小猫，扁平",
  "赤いハート、フラット",
  "🐼",
  "a blue car, minimal flat",
  "three strawberries, bold flat",
  "a cat to the left of a dog, 3d glossy",
  "sunflower on a pink background",
  "umbrella, black and white icon",
  "birthday cake, classic cartoon",
] as const;

const seed = 1;
const side = 96;

/** Writes sticker-grid.webp and sticker-sheet.webp to `folder`. */
export async function makeStickerSheets(model: string, stickers: string, folder: string): Promise<void> {
  const generator = await load(model);
  const draw = async (prompt: string[], width: number): Promise<Image[]> => {
    const { images } = await generator.generate({ prompt, seed });
    return images.map(({ image }) => resizeImage(image!, { width, height: width, filter: "lanczos" }));
  };
  try {
    const styles = ["", ...stickerStyles.map(({ words }) => words[0])];
    const cells: Image[][] = [];
    for (const thing of things) {
      const row = styles.map((style) => (style === "" ? thing : `${thing}, ${style}`));
      cells.push(await draw(row, side));
    }
    const grid = await labelledGrid({ columns: styles.map((style) => style || "no style"), rows: things, cells });
    await writePicture(join(folder, "sticker-grid.webp"), grid, { format: "webp", quality: 80 });

    const held = await openStickers(stickers, { split: "held-out-pair" });
    const order = new TorchGenerator(seed).randperm(held.length);
    const captions = await Promise.all(
      Array.from(order.slice(0, prompts.length), async (i) => (await held.read(Number(i))).caption!),
    );
    const labels = [...prompts, ...captions];
    const pictures = await draw(labels, 2 * side);
    const shown = pictures.map((image, i) => ({ image, label: labels[i] }));
    await writePicture(join(folder, "sticker-sheet.webp"), await contactSheet(shown), { format: "webp", quality: 80 });
  } finally {
    await generator.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [model = "packages/sticker", stickers = "data/stickers", folder = "docs/assets"] = process.argv.slice(2);
  await makeStickerSheets(model, stickers, folder);
}
