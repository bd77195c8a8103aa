// Picture files that tell how they were made, in any format: PNG in text chunks, the others in EXIF data.

import ExifReader from "exifreader";
import { encodeImage, writeFileAtomic } from "#platform";
import { avifWithExif } from "./avif-exif.ts";
import { jpegWithExif, webpWithExif } from "./embed-exif.ts";
import { decodeUserComment, exifOf, makerNote, makerNoteMark, userComment } from "./exif.ts";
import type { Image } from "./image.ts";
import { pngBytes } from "./png.ts";
import { pngSignature } from "./png-chunks.ts";
import type { TextEntries } from "./png-metadata.ts";
import { readTextChunks } from "./png-metadata.ts";

/** One format of files. */
export interface PictureFormat {
  /** Endings of names, the usual one first. */
  readonly extensions: readonly string[];
  /** The quality taken when none is asked for; undefined where nothing is ever lost. */
  readonly quality: number | undefined;
  /** Puts EXIF data into a file that has none. */
  readonly withExif?: (file: Uint8Array, exif: Uint8Array) => Uint8Array;
}

/** The formats by id. */
export const pictureFormats = {
  png: { extensions: ["png"], quality: undefined },
  jpeg: { extensions: ["jpg", "jpeg"], quality: 90, withExif: jpegWithExif },
  webp: { extensions: ["webp"], quality: 90, withExif: webpWithExif },
  avif: { extensions: ["avif"], quality: 80, withExif: avifWithExif },
} as const satisfies Record<string, PictureFormat>;

/** One of their ids. */
export type PictureFormatId = keyof typeof pictureFormats;

/** The ids in their order. */
export const pictureFormatIds = Object.keys(pictureFormats) as [PictureFormatId, ...PictureFormatId[]];

/** The format that the ending of `path` names. */
export function formatOfPath(path: string): PictureFormatId | undefined {
  const ending = /\.([^./\\]+)$/.exec(path)?.[1].toLowerCase();
  return pictureFormatIds.find((id) => pictureFormats[id].extensions.some((one) => one === ending));
}

/** How a picture is stored, and what it says of itself. */
export interface PictureFileOptions {
  readonly format?: PictureFormatId;
  /** From 1 to 100; at 100 WebP and AVIF lose nothing. */
  readonly quality?: number;
  /** Texts by keyword: "parameters" is A1111's, and a JPEG, WebP or AVIF has it as EXIF user comment. */
  readonly text?: TextEntries;
}

/** The bytes of a file of `image`. Throws RangeError when a PNG is to have a quality, or a JPEG too long texts. */
export async function pictureBytes(
  image: Image,
  { format = "png", quality, text = {} }: PictureFileOptions = {},
): Promise<Uint8Array> {
  if (format === "png") {
    if (quality !== undefined)
      throw new RangeError(`Cannot write PNG with quality ${quality}: PNG loses nothing (no quality is wanted)`);
    return pngBytes(image, text);
  }
  const row = pictureFormats[format];
  const file = await encodeImage(image, { format, quality: quality ?? row.quality });
  return Object.keys(text).length === 0 ? file : row.withExif(file, exifOf(text));
}

/** Writes a file of `image`, whole or not at all. */
export async function writePicture(path: string, image: Image, options: PictureFileOptions = {}): Promise<void> {
  await writeFileAtomic(path, [await pictureBytes(image, options)]);
}

/**
 * The texts in a PNG, JPEG, WebP or AVIF file by keyword: a PNG's chunks; of EXIF data the user comment as "parameters",
 * the maker's note that `pictureBytes` writes, and ComfyUI's "prompt:…" and "workflow:…". Throws Error when the file is
 * damaged, or none of these.
 */
export function readPictureText(file: Uint8Array): TextEntries {
  if (pngSignature.every((byte, i) => file[i] === byte)) return readTextChunks(file);
  const texts: Record<string, string> = {};
  const tags = exifTags(file);
  for (const { id, value } of tags) {
    if (id === userComment || id === makerNote) continue;
    const [, keyword, text] = /^(prompt|workflow|parameters):([^]*)$/i.exec(textOf(value)) ?? [];
    if (keyword !== undefined) texts[keyword.toLowerCase()] = text;
  }
  const textUnder = (wanted: number) => textOf(tags.find(({ id }) => id === wanted)?.value ?? "");
  const comment = textUnder(userComment);
  if (comment !== "") texts.parameters = comment;
  return { ...texts, ...readMakerNote(textUnder(makerNote)) };
}

interface Tag {
  readonly id?: number;
  readonly value?: unknown;
}

/** The EXIF tags of all directories. A file that breaks off has those before the break. */
function exifTags(file: Uint8Array): Tag[] {
  try {
    const { exif = {} } = ExifReader.load(file.slice().buffer, { expanded: true, includeUnknown: true });
    return Object.values(exif as Record<string, Tag | undefined>).filter((tag) => tag !== undefined);
  } catch (cause) {
    throw new Error(`Cannot read the picture: ${(cause as Error).message} (a PNG, JPEG, WebP or AVIF file is wanted)`, {
      cause,
    });
  }
}

/** The text of a tag's value, whether its type calls it bytes or text. */
function textOf(value: unknown): string {
  const parts: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (parts.every((part) => typeof part === "number")) return decodeUserComment(Uint8Array.from(parts));
  return parts.filter((part) => typeof part === "string").join("");
}

/** Our texts; or Fooocus's, whose note is the name of the scheme that its comment follows. */
function readMakerNote(note: string): TextEntries {
  const fooocus = /^(fooocus|a1111)\0*$/.exec(note);
  if (fooocus) return { fooocus_scheme: fooocus[1] };
  if (!note.startsWith(makerNoteMark)) return {};
  try {
    const entries: unknown = JSON.parse(note.slice(makerNoteMark.length));
    return Object.fromEntries(
      Object.entries(entries ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    );
  } catch {
    return {}; // cut off by another program
  }
}
