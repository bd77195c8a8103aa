// The built sticker set, open for training: all pixels in memory, records and concepts beside them.

import { joinPath, openFile, pathExists, readText } from "#platform";
import type { Image } from "../../image/image.ts";
import { readSafetensors } from "../../safetensors/read.ts";
import { storedTensor } from "../../safetensors/weights.ts";
import type { Dataset, Description } from "../dataset.ts";
import type { Concept } from "./concepts.ts";
import { stickerSize } from "./render.ts";
import type { StickerSplit } from "./split.ts";
import type { Sticker, StickerHashes } from "./sticker.ts";

/** The set, or a part of it. */
export interface StickerSet extends Dataset {
  readonly stickers: readonly Sticker[];
  /** By code points. */
  readonly concepts: ReadonlyMap<string, Concept>;
  /** RGBA [64·64·4] of a sticker; a view, not to be written to. */
  pixels(index: number): Uint8Array;
}

/** The stickers of one split, or all, of the set in `folder`, as `noisette data stickers` made it. */
export async function openStickers(folder: string, { split }: { split?: StickerSplit } = {}): Promise<StickerSet> {
  const hashFile = joinPath(folder, "hashes.json");
  if (!(await pathExists(hashFile))) {
    throw new Error(
      `Cannot open "${folder}": no whole sticker set is there (noisette data stickers --out ${folder} makes it)`,
    );
  }
  const hashes = JSON.parse(await readText(hashFile)) as StickerHashes;
  const all = JSON.parse(await readText(joinPath(folder, "stickers.json"))) as Sticker[];
  const concepts = JSON.parse(await readText(joinPath(folder, "concepts.json"))) as Concept[];
  const pixels = await readPixels(joinPath(folder, "stickers.safetensors"), all.length);
  const chosen = Array.from(all.keys()).filter((i) => split === undefined || all[i].split === split);
  if (chosen.length === 0) throw new Error(`Cannot open "${folder}": no sticker is in the split "${split}"`);
  return stickerSet(
    chosen.map((i) => ({ sticker: all[i], rgba: pixels.subarray(i * pictureBytes, (i + 1) * pictureBytes) })),
    { name: folder, concepts, hash: split === undefined ? hashes.set : `${hashes.set}/${split}` },
  );
}

/** A set of stickers in memory. */
export function stickerSet(
  entries: readonly { readonly sticker: Sticker; readonly rgba: Uint8Array }[],
  { name, concepts, hash }: { name: string; concepts: readonly Concept[]; hash: string },
): StickerSet {
  return {
    name,
    hash,
    length: entries.length,
    skipped: [],
    stickers: entries.map(({ sticker }) => sticker),
    concepts: new Map(concepts.map((concept) => [concept.hexcode, concept])),
    pixels: (index) => entries[index].rgba,
    describe: (index) => descriptionOf(entries[index].sticker),
    async read(index) {
      const { sticker, rgba } = entries[index];
      return { ...descriptionOf(sticker), image: stickerImage(rgba) };
    },
  };
}

const descriptionOf = ({ id, text, ...columns }: Sticker): Description => ({ id, caption: text, columns });

/** RGBA bytes of the set's size as a picture. */
export const stickerImage = (rgba: Uint8Array): Image => ({
  width: stickerSize,
  height: stickerSize,
  channels: 4,
  data: rgba,
});

const pictureBytes = stickerSize * stickerSize * 4;

async function readPixels(path: string, count: number): Promise<Uint8Array> {
  const { offset, byteLength } = storedTensor((await readSafetensors(path)).tensors, "images", path);
  if (byteLength !== count * pictureBytes) {
    throw new Error(
      `Cannot read "${path}": ${byteLength} bytes of pictures (${count} stickers take ${count * pictureBytes})`,
    );
  }
  const source = await openFile(path);
  try {
    return await source.read(offset, byteLength);
  } finally {
    await source.close();
  }
}
