// The safetensors format: 8 bytes little-endian header length N, N bytes of JSON that name each tensor's type, shape
// and byte range, then the bytes themselves, densely packed. https://github.com/huggingface/safetensors#format
// Files come from strangers, so every rule of the format is checked before a byte range is believed.

import type { ByteSource } from "../platform/bytes.ts";
import { storedTypeBytes } from "../tensor/stored.ts";
import type { StoredTensor, StoredTensors, StoredType } from "../tensor/stored.ts";
import { isRecord } from "../util/is-record.ts";
import { cannotRead } from "./cannot-read.ts";
import { duplicateKey } from "./duplicate-key.ts";

/** What a safetensors header says. */
export interface SafetensorsHeader {
  /** By name, in the order of the header, with absolute offsets. */
  readonly tensors: StoredTensors;
  /** The free-form strings under "__metadata__". */
  readonly metadata: Readonly<Record<string, string>>;
}

/** The reference implementation's limit on the header. */
export const maxHeaderBytes = 100_000_000;

/** Reads and checks the header of a safetensors file. Throws an Error that names the file and the broken rule. */
export async function readHeader(source: ByteSource): Promise<SafetensorsHeader> {
  const { text, end } = await readHeaderText(source);
  const json = parseHeader(source.name, text);
  const { __metadata__: rawMetadata, ...entries } = json;
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(entries)) {
    tensors.set(name, readEntry(source, { name, entry, dataStart: end }));
  }
  checkPacking(source, tensors, end);
  return { tensors, metadata: readMetadata(source.name, rawMetadata) };
}

async function readHeaderText(source: ByteSource): Promise<{ text: string; end: number }> {
  const { name: file, size } = source;
  if (size < 8) throw cannotRead(file, `it has ${size} bytes (a header length of 8 bytes is wanted)`);
  const start = await source.read(0, 8);
  const wide = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true);
  if (wide === 0n) throw cannotRead(file, "its header is empty (a JSON object is wanted)");
  if (wide > BigInt(size - 8))
    throw cannotRead(file, `its header claims ${wide} bytes (at most ${size - 8} are there)`);
  if (wide > BigInt(maxHeaderBytes))
    throw cannotRead(file, `its header claims ${wide} bytes (at most ${maxHeaderBytes})`);
  const length = Number(wide);
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await source.read(8, length));
    return { text, end: 8 + length };
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause; // TypeError is what a fatal TextDecoder throws
    throw cannotRead(file, "its header is not UTF-8", { cause });
  }
}

function parseHeader(file: string, text: string): Record<string, unknown> {
  if (!text.startsWith("{")) throw cannotRead(file, 'its header is not a JSON object ("{" is wanted first)');
  let json: Record<string, unknown>;
  try {
    json = JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw cannotRead(file, "its header is not JSON", { cause });
  }
  const duplicate = duplicateKey(text);
  if (duplicate !== undefined) throw cannotRead(file, `its header has the key "${duplicate}" twice`);
  return json;
}

function readMetadata(file: string, metadata: unknown): Record<string, string> {
  if (metadata === undefined || metadata === null) return {};
  if (!isRecord(metadata)) throw cannotRead(file, '"__metadata__" is not an object (strings by name are wanted)');
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string") throw cannotRead(file, `metadata "${key}" is ${typeof value} (a string is wanted)`);
  }
  return metadata as Record<string, string>;
}

interface Entry {
  readonly name: string;
  readonly entry: unknown;
  readonly dataStart: number;
}

function readEntry(source: ByteSource, { name, entry, dataStart }: Entry): StoredTensor {
  const fail = (problem: string) => cannotRead(source.name, `tensor "${name}" ${problem}`);
  if (!isRecord(entry)) throw fail("is not described by an object (dtype, shape and data_offsets are wanted)");
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(storedTypeBytes, dtype)) {
    throw fail(`has the element type ${JSON.stringify(dtype)} (${Object.keys(storedTypeBytes).join(", ")} are known)`);
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) throw fail("has a shape that is no list of sizes (integers ≥ 0)");
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    throw fail("has data_offsets that are not two integers ≥ 0");
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end) throw fail(`begins at ${begin}, after its end at ${end}`);
  if (end > source.size - dataStart) {
    throw fail(`ends at ${end}, outside the file (${source.size - dataStart} bytes of data)`);
  }
  const type = dtype as StoredType;
  const wanted = shape.reduce<number>((bytes, dim) => bytes * dim, storedTypeBytes[type]);
  if (end - begin !== wanted) throw fail(`has ${end - begin} bytes (${type} [${shape}] takes ${wanted})`);
  return { name, type, dims: shape as number[], file: source.name, offset: dataStart + begin, byteLength: wanted };
}

/** The reference refuses files whose tensors overlap, leave holes or do not reach the end: nothing may hide there. */
function checkPacking(source: ByteSource, tensors: StoredTensors, dataStart: number): void {
  const byOffset = [...tensors.values()].sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  let end = dataStart;
  let previous = "the header";
  for (const { name, offset, byteLength } of byOffset) {
    if (offset < end) throw cannotRead(source.name, `tensor "${name}" overlaps ${previous}`);
    if (offset > end)
      throw cannotRead(source.name, `${offset - end} unused bytes lie between ${previous} and tensor "${name}"`);
    end = offset + byteLength;
    previous = `tensor "${name}"`;
  }
  if (end < source.size) throw cannotRead(source.name, `${source.size - end} unused bytes follow ${previous}`);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
