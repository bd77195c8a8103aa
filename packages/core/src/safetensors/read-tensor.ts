// From a byte range to numbers. Networks do not come this way (the runtime maps their bytes itself); adapters, merging,
// training and inspection do.

import { openFile } from "#platform";
import type { ByteSource } from "../platform/bytes.ts";
import type { StoredTensor, StoredType } from "../tensor/stored.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { bfloat16ToFloat32, float16ToFloat32 } from "../util/half.ts";

/**
 * The values of `stored` as float32 (64-bit types are rounded), in the wanted orientation: a `transposed` matrix is
 * given with its dimensions swapped. `source` must be the file that `stored` names.
 */
export async function readTensor(source: ByteSource, stored: StoredTensor): Promise<Tensor> {
  const bytes = await readTensorBytes(source, stored);
  // A typed array needs an aligned offset, which a source does not promise.
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const values = toFloat32[stored.type](aligned.buffer as ArrayBuffer, aligned.byteOffset, stored.byteLength);
  return stored.transposed ? transpose(stored.dims, values) : tensor(stored.dims, values);
}

/** The bytes of `stored` as they lie in the file. */
export async function readTensorBytes(source: ByteSource, stored: StoredTensor): Promise<Uint8Array> {
  return source.read(stored.offset, stored.byteLength);
}

/** The values of several tensors, by the keys of `tensors`; each file is opened once. */
export async function readTensors(tensors: Iterable<[string, StoredTensor]>): Promise<Map<string, Tensor>> {
  const sources = new Map<string, ByteSource>();
  const values = new Map<string, Tensor>();
  try {
    for (const [name, stored] of tensors) {
      const source = sources.get(stored.file) ?? (await openFile(stored.file));
      sources.set(stored.file, source);
      values.set(name, await readTensor(source, stored));
    }
  } finally {
    for (const source of sources.values()) await source.close();
  }
  return values;
}

type Convert = (buffer: ArrayBuffer, offset: number, byteLength: number) => Float32Array;

const toFloat32: Record<StoredType, Convert> = {
  F64: (buffer, offset, bytes) => Float32Array.from(new Float64Array(buffer, offset, bytes / 8)),
  F32: (buffer, offset, bytes) => new Float32Array(buffer, offset, bytes / 4),
  F16: (buffer, offset, bytes) => float16ToFloat32(new Uint16Array(buffer, offset, bytes / 2)),
  BF16: (buffer, offset, bytes) => bfloat16ToFloat32(new Uint16Array(buffer, offset, bytes / 2)),
  I64: (buffer, offset, bytes) => Float32Array.from(new BigInt64Array(buffer, offset, bytes / 8), Number),
  I32: (buffer, offset, bytes) => Float32Array.from(new Int32Array(buffer, offset, bytes / 4)),
  I16: (buffer, offset, bytes) => Float32Array.from(new Int16Array(buffer, offset, bytes / 2)),
  I8: (buffer, offset, bytes) => Float32Array.from(new Int8Array(buffer, offset, bytes)),
  U8: (buffer, offset, bytes) => Float32Array.from(new Uint8Array(buffer, offset, bytes)),
  BOOL: (buffer, offset, bytes) => Float32Array.from(new Uint8Array(buffer, offset, bytes)),
};

function transpose([rows, columns]: readonly number[], values: Float32Array): Tensor {
  const swapped = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) swapped[column * rows + row] = values[row * columns + column];
  }
  return tensor([columns, rows], swapped);
}
