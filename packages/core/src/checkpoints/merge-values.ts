// One tensor of a merged model, computed from one of each: in runs of some megabytes where they lie alike, else whole.

import { openFile } from "#platform";
import { readTensor } from "../safetensors/read-tensor.ts";
import type { StoredTensor } from "../tensor/stored.ts";
import { storedTypeBytes } from "../tensor/stored.ts";
import { elementCount } from "../tensor/tensor.ts";
import { isFloat, storedCopy, withinRange } from "./save/stored-copies.ts";
import type { TypedTensor, WeightType } from "./save/stored-copies.ts";

/** A value from those of the models, at weight w. */
export type Mix = (w: number, a: number, b: number, c: number) => number;

/** The dimensions that are meant, where those of the transpose are stored too. */
export const wantedDims = ({ dims, transposed }: StoredTensor): readonly number[] =>
  transposed ? dims.toReversed() : dims;

/** Elements computed at a time. */
const runLength = 2 ** 20;

/** The mixture of `stored`, one tensor of each model, in the type of the first if not in `type`. Throws RangeError when it overflows. */
export function mixture(
  name: string,
  stored: readonly StoredTensor[],
  { of, w, type }: { of: Mix; w: number; type: WeightType | undefined },
): TypedTensor {
  const [a] = stored;
  if (!isFloat(a.type) || w === 0) return storedCopy(a, type);
  const written = type ?? a.type;
  const dims = wantedDims(a);
  const count = elementCount(dims);
  // Whole where runs of elements do not lie alike: transposed here and not there, or with channels of their own.
  const isPlain = stored.every((one) => !one.transposed && elementCount(one.dims) === count);
  const length = isPlain ? runLength : count;
  return {
    dims,
    type: written,
    async *data() {
      for (let from = 0; from < count; from += length) {
        const run = { from, count: Math.min(length, count - from) };
        const [x, y, z = y] = await Promise.all(stored.map((one) => valuesOf(one, dims, isPlain ? run : undefined)));
        const mixed = Float32Array.from({ length: run.count }, (_, i) => {
          const [own, b, c] = [x(i)!, y(i), z(i)];
          return b === undefined || c === undefined ? own : of(w, own, b, c);
        });
        if (!mixed.every(Number.isFinite))
          throw new RangeError(`Cannot merge "${name}": it overflows (smaller weights are wanted)`);
        yield withinRange(name, mixed, written);
      }
    },
  };
}

/** Values of `stored`, or of a run of it, by their index in a tensor of `dims`; undefined in channels that it does not have. */
async function valuesOf(
  stored: StoredTensor,
  dims: readonly number[],
  run?: { readonly from: number; readonly count: number },
): Promise<(i: number) => number | undefined> {
  const source = await openFile(stored.file);
  try {
    const bytes = storedTypeBytes[stored.type];
    const part = run && {
      ...stored,
      dims: [run.count],
      offset: stored.offset + run.from * bytes,
      byteLength: run.count * bytes,
    };
    const { data } = await readTensor(source, part ?? stored);
    const [, channels, ...area] = dims;
    const own = stored.dims[1];
    if (run !== undefined || own === channels || stored.transposed) return (i) => data[i];
    const size = elementCount(area);
    return (i) => {
      const [row, channel] = [Math.floor(i / (size * channels)), Math.floor(i / size) % channels];
      return channel < own ? data[(row * own + channel) * size + (i % size)] : undefined;
    };
  } finally {
    await source.close();
  }
}
