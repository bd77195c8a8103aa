// Text in PNG files, as A1111 and ComfyUI keep their parameters: tEXt is Latin-1, zTXt the same compressed, iTXt UTF-8
// (PNG Specification, §11.3.3). Works on the bytes: everything else in the file stays as it is.

import { concatenate } from "../util/concatenate.ts";
import { unzlib } from "../util/unzlib.ts";
import { pngChunk, pngChunks, type PngChunk } from "./png-chunks.ts";

/** Texts by keyword, such as { parameters: "a fox\nSteps: 20, …" }. */
export type TextEntries = Readonly<Record<string, string>>;

/**
 * All texts of a PNG file; of several with one keyword the last. Throws when the file is damaged, or its compressed
 * texts unpack to more than `maxUnpackedBytes` together.
 */
export function readTextChunks(
  png: Uint8Array,
  { maxUnpackedBytes = 2 ** 24 }: { maxUnpackedBytes?: number } = {},
): TextEntries {
  let budget = maxUnpackedBytes;
  const unzip = (packed: Uint8Array, keyword: string): Uint8Array => {
    const bytes = unpack(packed, { keyword, limit: budget });
    budget -= bytes.length;
    return bytes;
  };
  return Object.fromEntries(
    pngChunks(png)
      .filter(isText)
      .map((chunk) => [keywordOf(chunk), textReaders[chunk.type](chunk, unzip)]),
  );
}

/** The PNG file with `entries` as its texts of those keywords, before the pixels. Throws on a keyword PNG cannot have. */
export function withTextChunks(png: Uint8Array, entries: TextEntries): Uint8Array {
  const added = Object.entries(entries).map(([keyword, text]) => textChunk(keyword, text));
  const chunks = pngChunks(png);
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const chunk of chunks) {
    const replaced = isText(chunk) && Object.hasOwn(entries, keywordOf(chunk));
    const insertHere = added.length > 0 && (chunk.type === "IDAT" || chunk.type === "IEND");
    if (!replaced && !insertHere) continue;
    parts.push(png.subarray(from, chunk.start));
    if (insertHere) parts.push(...added.splice(0));
    from = replaced ? chunk.end : chunk.start;
  }
  parts.push(png.subarray(from));
  return concatenate(parts);
}

type Unzip = (packed: Uint8Array, keyword: string) => Uint8Array;

const textReaders: Record<string, (chunk: PngChunk, unzip: Unzip) => string> = {
  /** keyword 0 text */
  tEXt: (chunk) => fromLatin1(fields(chunk, 1).rest),
  /** keyword 0 method text */
  zTXt(chunk, unzip) {
    const { rest } = fields(chunk, 1);
    if (rest[0] !== 0) throw malformed(chunk, `compression method ${rest[0]}`);
    return fromLatin1(unzip(rest.subarray(1), keywordOf(chunk)));
  },
  /** keyword 0 compressed method language 0 translated keyword 0 text */
  iTXt(chunk, unzip) {
    const { rest } = fields(chunk, 1);
    const [compressed, method] = rest;
    if (compressed > 1 || (compressed === 1 && method !== 0)) throw malformed(chunk, `compression method ${method}`);
    const { rest: body } = fields({ ...chunk, data: rest.subarray(2) }, 2);
    const bytes = compressed === 1 ? unzip(body, keywordOf(chunk)) : body;
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch (cause) {
      throw malformed(chunk, "text that is not UTF-8", cause);
    }
  },
};

function isText(chunk: PngChunk): boolean {
  return Object.hasOwn(textReaders, chunk.type);
}

function keywordOf(chunk: PngChunk): string {
  return fromLatin1(fields(chunk, 1).first);
}

/** Cuts `count` fields that end in a zero byte off the chunk's data. */
function fields(chunk: PngChunk, count: number): { first: Uint8Array; rest: Uint8Array } {
  let rest = chunk.data;
  let first: Uint8Array | undefined;
  for (let i = 0; i < count; i++) {
    const end = rest.indexOf(0);
    if (end < 0) throw malformed(chunk, "a field without its end");
    first ??= rest.subarray(0, end);
    rest = rest.subarray(end + 1);
  }
  return { first: first!, rest };
}

function malformed({ type, start }: PngChunk, problem: string, cause?: unknown): Error {
  return new Error(`Cannot read PNG: its ${type} chunk at byte ${start} has ${problem}`, { cause });
}

function unpack(packed: Uint8Array, { keyword, limit }: { keyword: string; limit: number }): Uint8Array {
  try {
    return unzlib(packed, { limitBytes: limit });
  } catch (cause) {
    if (cause instanceof RangeError)
      throw new RangeError(`Cannot read PNG: its texts unpack to more than ${limit} bytes at "${keyword}"`, { cause });
    throw new Error(`Cannot read PNG: its text "${keyword}" does not unpack: ${(cause as Error).message}`, { cause });
  }
}

/** tEXt where Latin-1 can say it, as Pillow chooses; else iTXt, not compressed. */
function textChunk(keyword: string, text: string): Uint8Array {
  if (!/^(?! )(?!.* {2})[\x20-\x7e\xa1-\xff]{1,79}(?<! )$/.test(keyword)) {
    throw new RangeError(
      `Cannot write PNG text ${JSON.stringify(keyword)}: no keyword (1 to 79 Latin-1 characters, single spaces inside)`,
    );
  }
  const head = toLatin1(`${keyword}\0`);
  return isLatin1(text)
    ? pngChunk("tEXt", concatenate([head, toLatin1(text)]))
    : pngChunk("iTXt", concatenate([head, Uint8Array.of(0, 0, 0, 0), new TextEncoder().encode(text)]));
}

function isLatin1(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
}

function toLatin1(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
}

// Not TextDecoder: its "latin1" is Windows-1252.
function fromLatin1(bytes: Uint8Array): string {
  let text = "";
  for (let from = 0; from < bytes.length; from += 4096)
    text += String.fromCharCode(...bytes.subarray(from, from + 4096));
  return text;
}
