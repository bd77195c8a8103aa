// EXIF data into picture files that have none: JPEG (EXIF 2.32, §4.7.2) and WebP (WebP Container Specification).

import { concatenate } from "../util/concatenate.ts";

/** Most bytes of a JPEG's APP1 segment after its length and its mark. */
const largestSegment = 0xffff - 2 - 6;

/** The JPEG file with `exif`, behind its JFIF header. Throws RangeError on more than one segment holds. */
export function jpegWithExif(jpeg: Uint8Array, exif: Uint8Array): Uint8Array {
  if (jpeg[0] !== 0xff || jpeg[1] !== 0xd8) throw new Error("Cannot write EXIF: it is no JPEG file");
  if (exif.length > largestSegment) {
    throw new RangeError(
      `Cannot write JPEG: what it says of itself has ${exif.length} bytes (at most ${largestSegment}; PNG, WebP and AVIF hold more)`,
    );
  }
  const hasHeader = jpeg[2] === 0xff && jpeg[3] === 0xe0;
  const at = hasHeader ? 4 + (jpeg[4] << 8) + jpeg[5] : 2;
  const length = 2 + 6 + exif.length;
  const head = Uint8Array.of(0xff, 0xe1, length >> 8, length & 255, ...ascii("Exif\0\0"));
  return concatenate([jpeg.subarray(0, at), head, exif, jpeg.subarray(at)]);
}

const exifFlag = 0x08;
const alphaFlag = 0x10;

/** The WebP file with `exif` at its end, in the extended form where it is not yet in that. */
export function webpWithExif(webp: Uint8Array, exif: Uint8Array): Uint8Array {
  const view = new DataView(webp.buffer, webp.byteOffset, webp.byteLength);
  if (webp.length < 30 || text(webp, 0) !== "RIFF" || text(webp, 8) !== "WEBP")
    throw new Error("Cannot write EXIF: it is no WebP file");
  const form = text(webp, 12);
  const chunks = webp.slice(12, 8 + view.getUint32(4, true));
  if (form === "VP8X") chunks[8] |= exifFlag;
  const extended = form === "VP8X" ? [] : [riffChunk("VP8X", extendedHeader(webp, form))];
  const body = concatenate([...extended, chunks, riffChunk("EXIF", exif)]);
  return riffChunk("RIFF", concatenate([ascii("WEBP"), body]));
}

/** Flags and the size of the canvas, as the only chunk of a simple file says them. */
function extendedHeader(webp: Uint8Array, form: string): Uint8Array {
  const view = new DataView(webp.buffer, webp.byteOffset, webp.byteLength);
  const data = 20;
  let [width, height, alpha] = [0, 0, false];
  if (form === "VP8L") {
    // A signature byte, then 14 bits of width - 1, 14 of height - 1, and one that says whether alpha is used.
    const bits = view.getUint32(data + 1, true);
    [width, height, alpha] = [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1, ((bits >>> 28) & 1) === 1];
  } else if (form === "VP8 ") {
    // A frame tag and a start code of three bytes each, then width and height, each with two bits of scaling above.
    [width, height] = [view.getUint16(data + 6, true) & 0x3fff, view.getUint16(data + 8, true) & 0x3fff];
  } else {
    throw new Error(`Cannot write EXIF: the WebP file begins with "${form}" (VP8, VP8L or VP8X is wanted)`);
  }
  const header = new Uint8Array(10);
  header[0] = exifFlag | (alpha ? alphaFlag : 0);
  for (let i = 0; i < 3; i++) {
    header[4 + i] = (width - 1) >> (8 * i);
    header[7 + i] = (height - 1) >> (8 * i);
  }
  return header;
}

function riffChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(8 + data.length + (data.length % 2));
  chunk.set(ascii(type));
  new DataView(chunk.buffer).setUint32(4, data.length, true);
  chunk.set(data, 8);
  return chunk;
}

const ascii = (value: string): Uint8Array => new TextEncoder().encode(value);
const text = (bytes: Uint8Array, at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
