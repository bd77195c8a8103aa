// OpenMoji as pictures with captions: a style that the bundled model has never seen. Its licence asks for share-alike: the set,
// and what is learnt from it, stand apart from everything else.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hashFraction } from "@noisette/core/data/random-stream";
import { buildStickers } from "@noisette/core/data/stickers/build";
import type { StickerStyle } from "@noisette/core/data/stickers/styles";
import { writePng } from "@noisette/core/image/png";

/** OpenMoji's drawings, as a style of the sticker set. */
export const openMoji: StickerStyle = {
  kind: "iconify",
  names: "plain",
  weight: 1,
  style: "openmoji",
  family: "openmoji",
  package: "@iconify-json/openmoji",
  version: "1.2.29",
  licence: "CC-BY-SA-4.0",
  words: ["openmoji"],
  zh: "openmoji",
  ja: "openmoji",
};

const notice = `Pictures: OpenMoji, the open-source emoji and icon project. Licence: CC BY-SA 4.0.
Cut to the concepts of the sticker set and drawn at 64 pixels; otherwise unchanged. What is made of them is shared alike.
`;

const side = 64;
/** Share of the concepts whose drawings nothing is learnt from. */
const validationShare = 0.1;

/** How many pictures there are. */
export interface StyleSet {
  readonly train: number;
  readonly validation: number;
}

/**
 * Writes the drawings of `style` in the node_modules folder `packages` to `folder`/train, and those of one concept in ten (two of
 * them at least), chosen by hash, to `folder`/validation.
 */
export async function writeStyleSet(
  folder: string,
  { packages, style = openMoji, signal }: { packages: string; style?: StickerStyle; signal?: AbortSignal },
): Promise<StyleSet> {
  const { stickers, pixels } = await buildStickers({ packages, styles: [style], signal });
  const concepts = [...new Set(stickers.map(({ concept }) => concept))];
  const byHash = concepts.toSorted((a, b) => hashFraction(`openmoji ${a}`) - hashFraction(`openmoji ${b}`));
  const aside = new Set(byHash.slice(0, Math.max(2, Math.round(validationShare * concepts.length))));
  const lines = { train: [] as string[], validation: [] as string[] };
  for (const [i, { label, concept }] of stickers.entries()) {
    const part = aside.has(concept) ? "validation" : "train";
    const name = `${String(i).padStart(5, "0")}.png`;
    await mkdir(join(folder, part), { recursive: true });
    await writePng(join(folder, part, name), { width: side, height: side, channels: 4, data: pixels[i] });
    const { style: own, words } = openMoji;
    lines[part].push(JSON.stringify({ file_name: name, text: `${label}, ${words[0]}`, label, style: own }));
  }
  for (const [part, own] of Object.entries(lines))
    await writeFile(join(folder, part, "metadata.jsonl"), `${own.join("\n")}\n`);
  await writeFile(join(folder, "NOTICE"), notice);
  return { train: lines.train.length, validation: lines.validation.length };
}
