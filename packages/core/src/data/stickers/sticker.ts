// The records of the built set, as its files hold them.

import type { StickerSplit } from "./split.ts";

/** One picture of the set: a line of metadata.jsonl. */
export interface Sticker {
  /** Its file, relative to the folder of its split. */
  readonly file_name: string;
  /** A plain caption: label and style. */
  readonly text: string;
  /** Unique: "noto/fox". */
  readonly id: string;
  readonly style: string;
  readonly family: string;
  /** The concept's code points, the key of concepts.json. */
  readonly concept: string;
  readonly label: string;
  readonly emoji: string;
  readonly tags: readonly string[];
  readonly group: string;
  readonly subgroup: string;
  readonly split: StickerSplit;
  /** How often to draw it; 1 on average over the training split. */
  readonly weight: number;
  readonly licence: string;
}

/** How the set came about, and what it is: hashes.json. */
export interface StickerHashes {
  /** SHA-256 over all other hashes: the name of this very set. */
  readonly set: string;
  /** SHA-256 of the RGBA bytes of all pictures in order. */
  readonly pixels: string;
  /** SHA-256 of stickers.json and of concepts.json. */
  readonly stickers: string;
  readonly concepts: string;
  /** Packages with their versions. */
  readonly packages: Readonly<Record<string, string>>;
}

/** The folders of the splits; the names are those by which imagefolder readers know splits. */
export const splitFolders: Readonly<Record<StickerSplit, string>> = {
  train: "train",
  "held-out-pair": "validation",
  "held-out-concept": "test",
};
