// Stored tensors as tensors to write, read in runs of some megabytes: files far larger than memory pass through. With another
// element type the values are converted; otherwise the bytes are copied.

import { openFile } from "#platform";
import { readTensor, readTensorBytes } from "../../safetensors/read-tensor.ts";
import type { WritableTensor } from "../../safetensors/write.ts";
import { storedTypeBytes } from "../../tensor/stored.ts";
import type { StoredTensor, StoredTensors, StoredType } from "../../tensor/stored.ts";
import { elementCount } from "../../tensor/tensor.ts";

/** Element types that weights can be saved in. */
export type WeightType = "F32" | "F16" | "BF16";

/** A tensor to write, of a known element type. */
export type TypedTensor = WritableTensor & { readonly type: StoredType };

/** Whether weights of `type` are converted when another is asked for; integers stay what they are. */
export const isFloat = (type: StoredType): boolean => ["F64", "F32", "F16", "BF16"].includes(type);

/** `stored` as it is wanted ([in, out] where it is the transpose of what is stored), in `type` if it is of floats. */
export function storedCopy(stored: StoredTensor, type?: WeightType): TypedTensor {
  const written = type !== undefined && isFloat(stored.type) ? type : stored.type;
  const copy = { dims: stored.dims, type: written, data: () => runsOf(stored, written) };
  return stored.transposed ? transposedCopy(copy) : copy;
}

/** Stored tensors as they are: to copy networks from one model to another. */
export const copies = (tensors: StoredTensors, type?: WeightType): [string, TypedTensor][] =>
  Array.from(tensors, ([name, stored]) => [name, storedCopy(stored, type)]);

/** Elements read at a time. */
const runLength = 2 ** 21;

async function* runsOf(stored: StoredTensor, type: StoredType): AsyncGenerator<Uint8Array | Float32Array> {
  const bytes = storedTypeBytes[stored.type];
  const count = elementCount(stored.dims);
  const source = await openFile(stored.file);
  try {
    for (let from = 0; from < count; from += runLength) {
      const length = Math.min(runLength, count - from);
      const run = {
        ...stored,
        transposed: false,
        dims: [length],
        offset: stored.offset + from * bytes,
        byteLength: length * bytes,
      };
      if (type === stored.type) yield await readTensorBytes(source, run);
      else yield withinRange(stored.name, (await readTensor(source, run)).data, type);
    }
  } finally {
    await source.close();
  }
}

/** Above this float16 rounds to infinity. */
const largestHalf = 65520;

/** `values`, unless `type` cannot hold them: then RangeError. */
export function withinRange(name: string, values: Float32Array, type: StoredType): Float32Array {
  const large =
    type === "F16" ? values.find((value) => Math.abs(value) >= largestHalf && Number.isFinite(value)) : undefined;
  if (large !== undefined)
    throw new RangeError(
      `Cannot write "${name}" as float16: it has ${large} (65504 is the largest; bfloat16 or float32 are wanted)`,
    );
  return values;
}

/** Tensors of one type one below the other: [n₁,…], [n₂,…] → [n₁+n₂,…]. */
export function stackedRows(parts: readonly TypedTensor[]): TypedTensor {
  const [{ dims, type }] = parts;
  const rows = parts.reduce((sum, part) => sum + part.dims[0], 0);
  return {
    type,
    dims: [rows, ...dims.slice(1)],
    async *data() {
      for (const { data } of parts) yield* typeof data === "function" ? data() : [data];
    },
  };
}

/** The transpose of a matrix: all of it is in memory while it is written. */
export function transposedCopy({ dims, type, data }: TypedTensor): TypedTensor {
  const [rows, columns] = dims;
  return {
    type,
    dims: [columns, rows],
    async *data() {
      let all: Float32Array | Uint8Array | undefined;
      let at = 0;
      for await (const run of typeof data === "function" ? data() : [data]) {
        const isFloats = run instanceof Float32Array;
        all ??= isFloats ? new Float32Array(rows * columns) : new Uint8Array(rows * columns * storedTypeBytes[type]);
        all.set(run as Uint8Array, at);
        at += run.length;
      }
      if (all === undefined) return;
      const size = all instanceof Float32Array ? 1 : storedTypeBytes[type];
      const result = all.slice();
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const from = (row * columns + column) * size;
          for (let i = 0; i < size; i++) result[(column * rows + row) * size + i] = all[from + i];
        }
      }
      yield result;
    },
  };
}
