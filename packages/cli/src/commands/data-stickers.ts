// `noisette data stickers`: the set that the bundled model is trained on.

import { z } from "zod";
import { buildStickers } from "@noisette/core/data/stickers/build";
import type { BuiltStickers, StyleCounts } from "@noisette/core/data/stickers/build";
import { captionPackages, stickerStyles } from "@noisette/core/data/stickers/styles";
import type { StickerStyle } from "@noisette/core/data/stickers/styles";
import { hashStickers, writeStickers } from "@noisette/core/data/stickers/write";
import { closestName } from "@noisette/core/safetensors/closest-name";
import { fetchPackages, installedVersions, packageCache } from "../data/fetch-packages.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { showLine } from "../terminal/status-line.ts";
import { table } from "../terminal/table.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";

const group = "Sticker set";

/** `noisette data stickers`. */
export const command = defineCommand({
  usage: ["noisette data stickers", "noisette data stickers --out FOLDER"],
  about:
    "Makes the RGBA sticker set (64 px, nine styles) from npm packages of open drawings, which are fetched once at pinned versions: pictures with captions, held-out splits, one file of all pixels for training, NOTICE, hashes. The same packages and renderer give the same hash.",
  options: z.strictObject({
    out: z.string().min(1).default("data/stickers").describe("Folder for the set"),
    packages: z
      .string()
      .min(1)
      .optional()
      .describe("Folder that keeps the packages (default: noisette/packages in the user's cache)"),
    styles: z
      .string()
      .min(1)
      .optional()
      .describe(`Some of the styles, with commas between: ${stickerStyles.map(({ style }) => style).join(", ")}`),
  }),
  presentations: {
    out: { group, short: "o", value: "FOLDER" },
    packages: { group, value: "FOLDER" },
    styles: { group, value: "NAMES" },
  },
  async run({ out = "data/stickers", packages: folder = packageCache(), styles: names }, words) {
    if (words.length > 0) throw new UsageError(`Cannot make stickers of "${words[0]}": no words are wanted`);
    const styles = chosenStyles(names);
    const pinned = [...styles.map(({ package: name, version }) => ({ package: name, version })), ...captionPackages];
    const line = showLine(process.stderr);
    await interruptible(async (signal) => {
      const nodeModules = await fetchPackages(folder, pinned, {
        signal,
        onFetch: (missing) => line.keep(`fetching ${missing.length} packages into ${folder}`),
      });
      const built = await buildStickers({
        packages: nodeModules,
        styles,
        signal,
        onProgress: ({ style, done, total }) => line.rewrite(`drawing ${style}: ${done} of ${total}`),
      });
      const versions = await installedVersions(nodeModules, pinned);
      const hashes = await hashStickers(built, Object.fromEntries(versions));
      line.rewrite(`writing ${built.stickers.length} pictures`);
      await writeStickers(out, built, { hashes, signal });
      line.clear();
      process.stdout.write(`${report(built, { out, hash: hashes.set }).join("\n")}\n`);
    }).finally(line.clear);
  },
});

function chosenStyles(names: string | undefined): readonly StickerStyle[] {
  if (names === undefined) return stickerStyles;
  const known = stickerStyles.map(({ style }) => style);
  const wanted = names.split(",").map((name) => name.trim());
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `Cannot make stickers: no style is named "${unknown}" (closest: "${closestName(unknown, known)}")`,
    );
  }
  return stickerStyles.filter(({ style }) => wanted.includes(style));
}

const number = (title: string) => ({ title, align: "right" }) as const;
const columns = [
  { title: "style" },
  ...["icons", "skin tones", "unmatched", "filtered", "blank", "duplicates", "kept"].map(number),
];

function report({ stickers, concepts, counts }: BuiltStickers, { out, hash }: { out: string; hash: string }): string[] {
  const row = (one: StyleCounts) =>
    [
      one.style,
      one.icons,
      one.skinTones,
      one.unmatched.length,
      one.filtered,
      one.blank.length,
      one.duplicates,
      one.kept,
    ].map(String);
  const inSplit = (split: string) => stickers.filter((one) => one.split === split).length;
  return [
    ...table(columns, counts.map(row)),
    "",
    `${stickers.length} pictures of ${concepts.length} concepts in ${out}`,
    `train ${inSplit("train")}, held-out pairs ${inSplit("held-out-pair")}, held-out concepts ${inSplit("held-out-concept")}`,
    `hash ${hash}`,
  ];
}
