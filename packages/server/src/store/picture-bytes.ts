// Pictures from outside: which kinds are taken, and how large they may be. Both are read from the file's first bytes,
// before a decoder sees it: a small file can stand for gigabytes of pixels.

import { createHash } from "node:crypto";
import { decodeImage, imageSize } from "@noisette/core/platform/node";
import type { Image } from "@noisette/core";
import type { Limits } from "../schema/server-info.ts";
import { refuse } from "../guard/refuse.ts";
import { isUpload, pictureFile, uploadFile } from "./names.ts";
import type { FileStore } from "./file-store.ts";

const text = (bytes: Uint8Array, from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));

/** The kinds that are taken, each with how its files begin. */
const kinds: readonly { readonly type: string; readonly begins: (bytes: Uint8Array) => boolean }[] = [
  { type: "image/png", begins: (bytes) => text(bytes, 0, 8) === "\x89PNG\r\n\x1a\n" },
  { type: "image/jpeg", begins: (bytes) => text(bytes, 0, 3) === "\xff\xd8\xff" },
  { type: "image/webp", begins: (bytes) => text(bytes, 0, 4) === "RIFF" && text(bytes, 8, 12) === "WEBP" },
  { type: "image/avif", begins: (bytes) => /^ftypavi[fs]$/.test(text(bytes, 4, 12)) },
  { type: "image/gif", begins: (bytes) => /^GIF8[79]a$/.test(text(bytes, 0, 6)) },
];

/** What kind of picture a file is, as a media type; undefined when it is none that is taken. */
export const pictureType = (bytes: Uint8Array): string | undefined => kinds.find(({ begins }) => begins(bytes))?.type;

/** The size of the picture in `bytes`, upright. Throws a problem when it is none, or larger than it may be. */
export async function checkPicture(
  bytes: Uint8Array,
  { inputPixels }: Pick<Limits, "inputPixels">,
): Promise<{ readonly width: number; readonly height: number }> {
  if (pictureType(bytes) === undefined)
    throw refuse("unreadable-picture", "Cannot read the picture: it is none (PNG, JPEG, WebP, AVIF or GIF is wanted)");
  const size = await imageSize(bytes).catch((cause: Error) => {
    throw refuse("unreadable-picture", cause.message, { cause });
  });
  if (size.width * size.height > inputPixels)
    throw refuse(
      "too-many-pixels",
      `Cannot take the picture: it is ${size.width}×${size.height} (${inputPixels} pixels at most are wanted)`,
    );
  return size;
}

/** The picture in `bytes`. Throws a problem when there is none, or it is larger than it may be. */
export async function decodePicture(bytes: Uint8Array, limits: Pick<Limits, "inputPixels">): Promise<Image> {
  await checkPicture(bytes, limits);
  return decodeImage(bytes).catch((cause: Error) => {
    throw refuse("unreadable-picture", cause.message, { cause });
  });
}

/** Keeps a file that was sent, and says under which id: the same file always gets the same. */
export async function keepUpload(store: FileStore, bytes: Uint8Array): Promise<string> {
  const id = `upload-${createHash("sha256").update(bytes).digest("hex")}`;
  if (!(await store.has(uploadFile(id)))) await store.write(uploadFile(id), bytes);
  return id;
}

/** A data: URL of a file. */
export const dataUrl = (file: Uint8Array): string => `data:;base64,${Buffer.from(file).toString("base64")}`;

/** The file in a data: URL. Throws a problem when it is none in base64. */
export function dataUrlBytes(url: string): Uint8Array {
  const match = /^data:[\w/+.-]*(?:;[\w=.-]+)*;base64,([A-Za-z0-9+/_-]*={0,2})$/.exec(url);
  if (match === null)
    throw refuse(
      "unreadable-picture",
      "Cannot read the picture: it is no data: URL (data:image/png;base64,… is wanted)",
    );
  return Buffer.from(match[1], "base64");
}

/** The file of a picture or an upload; undefined where there is none. */
export const storedPicture = (store: FileStore, id: string): Promise<Uint8Array | undefined> =>
  store.read(isUpload(id) ? uploadFile(id) : pictureFile(id));
