// Writes safetensors files byte for byte as the reference implementation does: widest types first and then by name,
// so that every tensor is aligned; compact JSON padded with spaces to 8 bytes. Tensors are written as their chunks
// come, so a file may be far larger than memory; it appears under its name only when it is whole.

import { writeFileAtomic } from "#platform";
import { storedTypeBytes } from "../tensor/stored.ts";
import type { StoredType } from "../tensor/stored.ts";
import { elementCount } from "../tensor/tensor.ts";
import { float32ToBfloat16, float32ToFloat16 } from "../util/half.ts";
import { maxHeaderBytes } from "./header.ts";

/** Values of a tensor or of a part of it: numbers, or (Uint8Array) bytes that already are of the stored type. */
export type WritableChunk =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array;

/** A tensor to write. A host `Tensor` is one. */
export interface WritableTensor {
  readonly dims: readonly number[];
  /** Element type in the file. Without it: `floatType` for Float32Array data, or the array's own type. */
  readonly type?: StoredType;
  /** All values, or a function that gives them in consecutive chunks; chunks need `type`. Only float32 is converted. */
  readonly data: WritableChunk | (() => Iterable<WritableChunk> | AsyncIterable<WritableChunk>);
}

/** How to write a safetensors file. */
export interface WriteSafetensorsOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Element type of Float32Array data that names no type itself. */
  readonly floatType?: "F32" | "F16" | "BF16";
}

/** Writes `tensors` to the file `path`, whole or not at all. Throws when values do not fill their dimensions exactly. */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [string, WritableTensor]>,
  { metadata, floatType = "F32" }: WriteSafetensorsOptions = {},
): Promise<void> {
  const planned = Array.from(tensors, ([name, { dims, type, data }]): Planned => {
    if (!dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
      throw new RangeError(`Cannot write tensor "${name}": its dimensions are [${dims}] (integers ≥ 0 are wanted)`);
    }
    const stored = type ?? ownType(name, data, floatType);
    return { name, dims, data, type: stored, byteLength: elementCount(dims) * storedTypeBytes[stored] };
  });
  planned.sort((a, b) => widestFirst.indexOf(a.type) - widestFirst.indexOf(b.type) || (a.name < b.name ? -1 : 1));
  const header = headerBytes(path, planned, metadata);
  await writeFileAtomic(path, fileChunks(header, planned));
}

/** A tensor whose type and size are settled. */
interface Planned {
  readonly name: string;
  readonly dims: readonly number[];
  readonly type: StoredType;
  readonly data: WritableTensor["data"];
  readonly byteLength: number;
}

const widestFirst: readonly StoredType[] = ["I64", "F64", "F32", "I32", "BF16", "F16", "I16", "I8", "U8", "BOOL"];

function ownType(name: string, data: WritableTensor["data"], floatType: StoredType): StoredType {
  if (data instanceof Float32Array) return floatType;
  const own = arrayTypes.find(([array]) => data instanceof array);
  if (!own) throw new TypeError(`Cannot write tensor "${name}": its chunks have no type (a stored type is wanted)`);
  return own[1];
}

const arrayTypes: readonly [new () => WritableChunk, StoredType][] = [
  [Float32Array, "F32"],
  [Float64Array, "F64"],
  [BigInt64Array, "I64"],
  [Int32Array, "I32"],
  [Int16Array, "I16"],
  [Int8Array, "I8"],
  [Uint8Array, "U8"],
];

function headerBytes(
  path: string,
  planned: readonly Planned[],
  metadata?: Readonly<Record<string, string>>,
): Uint8Array {
  const entries: [string, unknown][] = metadata ? [["__metadata__", metadata]] : [];
  const names = new Set(["__metadata__"]);
  let begin = 0;
  for (const { name, dims, type, byteLength } of planned) {
    if (names.has(name)) throw new Error(`Cannot write "${path}": two tensors named "${name}" (each name once)`);
    names.add(name);
    entries.push([name, { dtype: type, shape: dims, data_offsets: [begin, (begin += byteLength)] }]);
  }
  // Not through one object: JavaScript would move names that look like integers to the front.
  const members = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  const json = new TextEncoder().encode(`{${members.join(",")}}`);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > maxHeaderBytes) {
    throw new Error(`Cannot write "${path}": names and metadata take ${length} bytes (at most ${maxHeaderBytes})`);
  }
  const bytes = new Uint8Array(8 + length).fill(" ".charCodeAt(0), 8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return bytes;
}

async function* fileChunks(header: Uint8Array, planned: readonly Planned[]): AsyncGenerator<Uint8Array> {
  yield header;
  for (const { name, dims, type, data, byteLength } of planned) {
    let written = 0;
    for await (const chunk of typeof data === "function" ? data() : [data]) {
      for (const bytes of storedBytes(name, chunk, type)) {
        yield bytes;
        written += bytes.length;
      }
    }
    if (written !== byteLength) {
      throw new RangeError(`Cannot write tensor "${name}": ${written} bytes (${type} [${dims}] takes ${byteLength})`);
    }
  }
}

/** Float32 values converted at a time, to bound memory. */
const convertedAtOnce = 2 ** 20;

const narrowed: Partial<Record<StoredType, (values: Float32Array) => ArrayBufferView>> = {
  F16: float32ToFloat16,
  BF16: float32ToBfloat16,
  F64: (values) => Float64Array.from(values),
};

function* storedBytes(name: string, chunk: WritableChunk, type: StoredType): Generator<Uint8Array> {
  const isOwn =
    chunk instanceof Uint8Array || arrayTypes.some(([array, own]) => chunk instanceof array && own === type);
  if (isOwn) {
    yield bytesOf(chunk);
    return;
  }
  const convert = narrowed[type];
  if (!convert || !(chunk instanceof Float32Array)) {
    throw new TypeError(
      `Cannot write tensor "${name}": ${chunk.constructor.name} as ${type} (only float32 becomes F16, BF16 or F64)`,
    );
  }
  for (let i = 0; i < chunk.length; i += convertedAtOnce)
    yield bytesOf(convert(chunk.subarray(i, i + convertedAtOnce)));
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
