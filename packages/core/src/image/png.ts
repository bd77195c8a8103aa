// Picture files: PNG written with its texts, and any common format read.

import { decodeImage, encodePng, openFile, writeFileAtomic } from "#platform";
import type { Image } from "./image.ts";
import type { TextEntries } from "./png-metadata.ts";
import { withTextChunks } from "./png-metadata.ts";

/** The bytes of a PNG file of `image` that holds `text`. */
export async function pngBytes(image: Image, text: TextEntries = {}): Promise<Uint8Array> {
  return withTextChunks(await encodePng(image), text);
}

/** Writes `image` with `text` to a PNG file, whole or not at all. */
export async function writePng(path: string, image: Image, text: TextEntries = {}): Promise<void> {
  await writeFileAtomic(path, [await pngBytes(image, text)]);
}

/** Reads the picture in a PNG, JPEG, WebP or other common file. Throws when there is none. */
export async function readImage(path: string): Promise<Image> {
  const bytes = await readBytes(path);
  return decodeImage(bytes).catch((cause: Error) => {
    throw new Error(`Cannot read "${path}": ${cause.message}`, { cause });
  });
}

/** Reads a whole file: the bytes for `readTextChunks`. */
export async function readBytes(path: string): Promise<Uint8Array> {
  const source = await openFile(path);
  try {
    return await source.read(0, source.size);
  } finally {
    await source.close();
  }
}
