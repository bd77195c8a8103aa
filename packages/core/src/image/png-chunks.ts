// The chunks of a PNG file (PNG Specification, Third Edition, §5): length, type, data, CRC.

/** One chunk and its place in the file. */
export interface PngChunk {
  /** Four letters, such as "IDAT". */
  readonly type: string;
  readonly data: Uint8Array;
  /** Offset of the chunk's length field. */
  readonly start: number;
  /** Offset after its CRC. */
  readonly end: number;
}

/** The first bytes of every PNG file. */
export const pngSignature: Uint8Array = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** The chunks from IHDR to IEND, each with its CRC checked. Throws when the file is damaged or ends too early. */
export function pngChunks(png: Uint8Array): PngChunk[] {
  if (pngSignature.some((byte, i) => png[i] !== byte))
    throw new Error("Cannot read PNG: it does not begin as a PNG file");
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const chunks: PngChunk[] = [];
  for (let start = pngSignature.length; ;) {
    if (start + 12 > png.length)
      throw new Error(`Cannot read PNG: it ends at byte ${png.length}, before its IEND chunk`);
    const length = view.getUint32(start);
    const type = String.fromCharCode(...png.subarray(start + 4, start + 8));
    if (!/^[A-Za-z]{4}$/.test(type)) {
      throw new Error(`Cannot read PNG: no chunk begins at byte ${start} (a type of four letters is wanted)`);
    }
    const end = start + 12 + length;
    if (length > largestChunk || end > png.length) {
      throw new Error(
        `Cannot read PNG: chunk ${type} at byte ${start} claims ${length} bytes of a file of ${png.length}`,
      );
    }
    if (view.getUint32(end - 4) !== crc32(png.subarray(start + 4, end - 4))) {
      throw new Error(`Cannot read PNG: chunk ${type} at byte ${start} is damaged (its CRC does not fit)`);
    }
    if (chunks.length === 0 && type !== "IHDR")
      throw new Error(`Cannot read PNG: its first chunk is ${type} (IHDR is wanted)`);
    chunks.push({ type, data: png.subarray(start + 8, end - 4), start, end });
    if (type === "IEND") return chunks;
    start = end;
  }
}

/** The bytes of a chunk with its length and CRC. */
export function pngChunk(type: string, data: Uint8Array): Uint8Array {
  if (data.length > largestChunk)
    throw new RangeError(`Cannot write PNG: chunk ${type} has ${data.length} bytes (at most ${largestChunk})`);
  const chunk = new Uint8Array(12 + data.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) chunk[4 + i] = type.charCodeAt(i);
  chunk.set(data, 8);
  view.setUint32(8 + data.length, crc32(chunk.subarray(4, 8 + data.length)));
  return chunk;
}

const largestChunk = 2 ** 31 - 1;

// Remainders of single bytes modulo CRC-32's polynomial x³² + x²⁶ + … + 1, bits reversed.
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  return remainder;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = crcTable[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}
