// EXIF data as AUTOMATIC1111 writes it: its infotext as the UserComment of a TIFF header with two directories (EXIF 2.32,
// §4.6). What else a picture says stands beside it in a MakerNote, as JSON.

import type { TextEntries } from "./png-metadata.ts";
import { concatenate } from "../util/concatenate.ts";

const exifDirectory = 0x8769;
/** Tag of the MakerNote. */
export const makerNote = 0x927c;
/** Tag of the UserComment. */
export const userComment = 0x9286;

/** Begins the MakerNote. */
export const makerNoteMark = "Noisette\0";

/** `text` as EXIF data: "parameters" is the user comment, the other entries are the maker's note. */
export function exifOf({ parameters, ...others }: TextEntries): Uint8Array {
  const entries: (readonly [tag: number, bytes: Uint8Array])[] = [];
  if (Object.keys(others).length > 0)
    entries.push([makerNote, new TextEncoder().encode(makerNoteMark + JSON.stringify(others))]);
  if (parameters !== undefined) entries.push([userComment, encodeUserComment(parameters)]);

  // Header, and a directory of one entry that says where the next one is; its values follow it. All big-endian.
  const header = 8;
  const first = 2 + 12 + 4;
  const second = 2 + 12 * entries.length + 4;
  const bytes = new Uint8Array(header + first + second);
  const view = new DataView(bytes.buffer);
  bytes.set([0x4d, 0x4d, 0, 42]);
  view.setUint32(4, header);
  const entry = (at: number, { tag, type, count, value }: Record<"tag" | "type" | "count" | "value", number>) => {
    view.setUint16(at, tag);
    view.setUint16(at + 2, type);
    view.setUint32(at + 4, count);
    view.setUint32(at + 8, value);
  };
  view.setUint16(header, 1);
  entry(header + 2, { tag: exifDirectory, type: 4, count: 1, value: header + first });
  view.setUint16(header + first, entries.length);
  let end = bytes.length;
  for (const [i, [tag, { length }]] of entries.entries()) {
    entry(header + first + 2 + 12 * i, { tag, type: 7, count: length, value: end });
    end += length;
  }
  return concatenate([bytes, ...entries.map(([, value]) => value)]);
}

const unicodeMark = "UNICODE\0";

/** `text` in UTF-16, which is big-endian as the whole is. */
function encodeUserComment(text: string): Uint8Array {
  const bytes = new Uint8Array(unicodeMark.length + 2 * text.length);
  bytes.set(new TextEncoder().encode(unicodeMark));
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(unicodeMark.length + 2 * i, text.charCodeAt(i));
  return bytes;
}

/**
 * The text of a UserComment. Its first eight bytes name a character set; UNICODE is UTF-16 in whichever byte order gives
 * more ASCII, because programs do not agree on one, and everything else is read as UTF-8.
 */
export function decodeUserComment(bytes: Uint8Array): string {
  const mark = String.fromCharCode(...bytes.subarray(0, 8));
  const isMarked = /^(UNICODE\0|ASCII\0{3}|JIS\0{5}|\0{8})$/.test(mark);
  const body = isMarked ? bytes.subarray(8) : bytes;
  const text = mark === unicodeMark || looksWide(body) ? decodeUtf16(body) : new TextDecoder().decode(body);
  return text.replace(/\0+$/, "");
}

/** Whether every other byte of the beginning is 0, as in UTF-16 of ASCII. */
function looksWide(bytes: Uint8Array): boolean {
  const pairs = Math.min(8, bytes.length >> 1);
  if (pairs === 0) return false;
  const zeros = [0, 0];
  for (let i = 0; i < 2 * pairs; i++) if (bytes[i] === 0) zeros[i % 2]++;
  return Math.max(...zeros) === pairs && Math.min(...zeros) === 0;
}

function decodeUtf16(bytes: Uint8Array): string {
  const [a, b] = bytes;
  const isMarked = (a === 0xfe && b === 0xff) || (a === 0xff && b === 0xfe);
  const body = isMarked ? bytes.subarray(2) : bytes;
  const ascii = [0, 0];
  for (let i = 0; i + 1 < body.length; i += 2) {
    if (body[i] === 0 && body[i + 1] < 128) ascii[0]++;
    if (body[i + 1] === 0 && body[i] < 128) ascii[1]++;
  }
  const isLittle = isMarked ? a === 0xff : ascii[1] > ascii[0];
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const parts: string[] = [];
  for (let from = 0; from + 1 < body.length; from += 8192) {
    const units = Math.min(4096, (body.length - from) >> 1);
    parts.push(String.fromCharCode(...Array.from({ length: units }, (_, i) => view.getUint16(from + 2 * i, isLittle))));
  }
  return parts.join("");
}
