// The sticker set on disk: an imagefolder for people and other programs, one file of bytes for training, and its hashes.
//   train/ validation/ test/   metadata.jsonl and one PNG per sticker, in folders by style
//   stickers.safetensors       "images": U8 [N,64,64,4], in the order of stickers.json
//   stickers.json, concepts.json, hashes.json, NOTICE

import { disk, encodePng, joinPath, parentFolder, writeFileAtomic } from "#platform";
import { writeSafetensors } from "../../safetensors/write.ts";
import type { BuiltStickers } from "./build.ts";
import { stickerNotice } from "./notice.ts";
import { stickerSize } from "./render.ts";
import type { StickerHashes } from "./sticker.ts";
import { splitFolders } from "./sticker.ts";

/** Names what was built; the same packages, drawn by the same renderer, give the same. */
export async function hashStickers(
  { stickers, pixels, concepts }: BuiltStickers,
  packages: Readonly<Record<string, string>>,
): Promise<StickerHashes> {
  const parts = {
    pixels: sha256(...pixels),
    stickers: sha256(jsonBytes(stickers)),
    concepts: sha256(jsonBytes(concepts)),
    packages,
  };
  return { set: sha256(jsonBytes(parts)), ...parts };
}

/** Writes the set to `folder`; pictures of an earlier build that are no longer in it are removed. hashes.json comes last. */
export async function writeStickers(
  folder: string,
  built: BuiltStickers,
  { hashes, signal }: { readonly hashes: StickerHashes; readonly signal?: AbortSignal },
): Promise<void> {
  await disk!.makeFolder(folder);
  await disk!.remove(joinPath(folder, "hashes.json"));
  const count = built.stickers.length;
  await writeSafetensors(joinPath(folder, "stickers.safetensors"), [
    ["images", { dims: [count, stickerSize, stickerSize, 4], type: "U8", data: () => built.pixels }],
  ]);
  await writeFileAtomic(joinPath(folder, "stickers.json"), [jsonBytes(built.stickers)]);
  await writeFileAtomic(joinPath(folder, "concepts.json"), [jsonBytes(built.concepts)]);
  await writeFileAtomic(joinPath(folder, "NOTICE"), [encode(stickerNotice)]);
  await writeImageFolder(folder, built, signal);
  await writeFileAtomic(joinPath(folder, "hashes.json"), [encode(`${JSON.stringify(hashes, null, 2)}\n`)]);
}

async function writeImageFolder(folder: string, built: BuiltStickers, signal?: AbortSignal): Promise<void> {
  const paths = built.stickers.map(({ split, file_name }) => `${splitFolders[split]}/${file_name}`);
  for (const below of new Set(paths.map(parentFolder))) await disk!.makeFolder(joinPath(folder, below));
  for (const [i, path] of paths.entries()) {
    signal?.throwIfAborted();
    const image = { width: stickerSize, height: stickerSize, channels: 4, data: built.pixels[i] } as const;
    await writeFileAtomic(joinPath(folder, path), [await encodePng(image)]);
  }
  const written = new Set(paths);
  for (const [split, below] of Object.entries(splitFolders)) {
    const records = built.stickers.filter((sticker) => sticker.split === split);
    const metadata = joinPath(folder, below, "metadata.jsonl");
    if (records.length === 0) await disk!.remove(metadata);
    else await writeFileAtomic(metadata, [encode(records.map((record) => `${JSON.stringify(record)}\n`).join(""))]);
    for (const name of await disk!.filesBelow(joinPath(folder, below))) {
      if (name.endsWith(".png") && !written.has(`${below}/${name}`)) await disk!.remove(joinPath(folder, below, name));
    }
  }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const jsonBytes = (value: unknown): Uint8Array => encode(`${JSON.stringify(value)}\n`);

function sha256(...parts: readonly Uint8Array[]): string {
  const digest = disk!.digest("sha256");
  for (const part of parts) digest.update(part);
  return digest.digest();
}
