// EXIF data into AVIF files that have none, as one more item of their meta box (ISO/IEC 14496-12, §8.11; 23008-12, annex A).

import { concatenate } from "../util/concatenate.ts";

interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** The AVIF file with `exif` as an item that describes its picture. Throws Error on a file that is not laid out as encoders do. */
export function avifWithExif(avif: Uint8Array, exif: Uint8Array): Uint8Array {
  const meta = boxes(avif, 0, avif.length).find(({ type }) => type === "meta");
  if (meta === undefined) throw misfit("a meta box");
  const inside = boxes(avif, meta.start + fullHeader, meta.end);
  const box = (type: string): Uint8Array => {
    const found = inside.find((one) => one.type === type);
    if (found === undefined) throw misfit(`a box "${type}"`);
    return avif.slice(found.start, found.end);
  };
  if (inside.some(({ type }) => type === "iref")) throw misfit("a single item");

  const items = inItems(box("iinf"));
  const primary = view(box("pitm")).getUint16(fullHeader);
  const id = 1 + items.largestId;
  const reference = plainBox("iref", [new Uint8Array(4), plainBox("cdsc", [uint16(id), uint16(1), uint16(primary)])]);
  const places = locations(box("iloc"));
  const grown = items.box.length + reference.length + places.grows - box("iinf").length;
  // A word in front of the data says how far in the TIFF header begins.
  const data = concatenate([new Uint8Array(4), exif]);
  const replaced: Record<string, Uint8Array> = {
    iinf: items.box,
    iloc: places.moved(grown, { id, start: avif.length + grown + 8, length: data.length }),
  };
  const parts = inside.map(({ type, start, end }) => replaced[type] ?? avif.subarray(start, end));
  return concatenate([
    avif.subarray(0, meta.start),
    plainBox("meta", [new Uint8Array(4), ...parts, reference]),
    avif.subarray(meta.end),
    plainBox("mdat", [data]),
  ]);

  /** The list of items with one of type Exif added. */
  function inItems(list: Uint8Array): { box: Uint8Array; largestId: number } {
    if (list[8] !== 0) throw misfit("an iinf box of version 0");
    const entries = boxes(list, fullHeader + 2, list.length);
    const ids = entries.map(({ start }) => view(list).getUint16(start + fullHeader));
    const largestId = Math.max(...ids);
    const added = plainBox("infe", [Uint8Array.of(2, 0, 0, 0), uint16(largestId + 1), uint16(0), ascii("Exif\0")]);
    const parts = entries.map(({ start, end }) => list.subarray(start, end));
    return { box: plainBox("iinf", [new Uint8Array(4), uint16(entries.length + 1), ...parts, added]), largestId };
  }
}

const fullHeader = 12;

/** What "iloc" says, with offsets that can be moved; only offsets in the file of 32 bits, which is what encoders write. */
function locations(iloc: Uint8Array): {
  readonly grows: number;
  moved(by: number, added: { id: number; start: number; length: number }): Uint8Array;
} {
  const bytes = view(iloc);
  // Bytes of offsets, lengths and bases, four bits each.
  if (iloc[8] !== 0 || ![0x4400, 0x4440].includes(bytes.getUint16(fullHeader)))
    throw misfit("an iloc box of version 0 with offsets of 32 bits");
  const baseSize = iloc[fullHeader + 1] >> 4;
  const entry = (id: number, extents: readonly (readonly [start: number, length: number])[]) =>
    concatenate([
      uint16(id),
      uint16(0),
      new Uint8Array(baseSize),
      uint16(extents.length),
      ...extents.flatMap(([start, length]) => [uint32(start), uint32(length)]),
    ]);
  const items: { id: number; extents: [number, number][] }[] = [];
  const count = bytes.getUint16(fullHeader + 2);
  let at = fullHeader + 4;
  for (let i = 0; i < count; i++) {
    const base = baseSize === 4 ? bytes.getUint32(at + 4) : 0;
    const extents = bytes.getUint16(at + 4 + baseSize);
    const first = at + 6 + baseSize;
    items.push({
      id: bytes.getUint16(at),
      extents: Array.from({ length: extents }, (_, j) => [
        base + bytes.getUint32(first + 8 * j),
        bytes.getUint32(first + 8 * j + 4),
      ]),
    });
    at = first + 8 * extents;
  }
  return {
    grows: 6 + baseSize + 8,
    moved: (by, { id, start, length }) =>
      plainBox("iloc", [
        iloc.subarray(8, fullHeader + 2),
        uint16(count + 1),
        ...items.map((item) =>
          entry(
            item.id,
            item.extents.map(([from, size]) => [from + by, size] as const),
          ),
        ),
        entry(id, [[start, length]]),
      ]),
  };
}

function boxes(bytes: Uint8Array, from: number, to: number): Box[] {
  const found: Box[] = [];
  for (let start = from; start + 8 <= to;) {
    const length = view(bytes).getUint32(start);
    if (length < 8 || start + length > to) throw misfit("boxes that say their lengths");
    found.push({ type: String.fromCharCode(...bytes.subarray(start + 4, start + 8)), start, end: start + length });
    start += length;
  }
  return found;
}

function plainBox(type: string, parts: readonly Uint8Array[]): Uint8Array {
  const body = concatenate(parts);
  return concatenate([uint32(8 + body.length), ascii(type), body]);
}

const view = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView => new DataView(buffer, byteOffset, byteLength);
const uint16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 255);
const uint32 = (value: number): Uint8Array => concatenate([uint16(value >>> 16), uint16(value & 0xffff)]);
const ascii = (value: string): Uint8Array => new TextEncoder().encode(value);
const misfit = (wanted: string): Error =>
  new Error(`Cannot write EXIF: the AVIF file is laid out in another way (${wanted} is wanted)`);
