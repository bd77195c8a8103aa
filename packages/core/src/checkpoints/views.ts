// Other readings of the same bytes: converted layouts need no converted weights.

import type { StoredTensor } from "../tensor/stored.ts";
import { elementCount } from "../tensor/tensor.ts";

/** `stored` read with other dimensions of the same element count. Throws RangeError when the counts differ. */
export function reshaped(stored: StoredTensor, dims: readonly number[]): StoredTensor {
  if (elementCount(dims) !== elementCount(stored.dims)) {
    throw new RangeError(`Cannot read "${stored.name}" as [${dims}]: it is [${stored.dims}] (as many elements wanted)`);
  }
  return { ...stored, dims };
}

/** Rows `start` to `start + count` of a matrix (or elements of a vector): a shorter range of the same bytes. */
export function rows(stored: StoredTensor, { start, count }: { start: number; count: number }): StoredTensor {
  const [height, ...rest] = stored.dims;
  const inside =
    Number.isInteger(start) && Number.isInteger(count) && start >= 0 && count >= 0 && start + count <= height;
  if (stored.transposed || !inside) {
    throw new RangeError(
      `Cannot take rows ${start} to ${start + count} of "${stored.name}": it is [${stored.dims}]` +
        `${stored.transposed ? ", stored transposed" : ""} (row-major rows inside it are wanted)`,
    );
  }
  const rowBytes = stored.byteLength / height;
  return { ...stored, dims: [count, ...rest], offset: stored.offset + start * rowBytes, byteLength: count * rowBytes };
}

/** The transpose of a stored matrix, done when the weights are loaded. */
export function transposed(stored: StoredTensor): StoredTensor {
  return { ...stored, transposed: !stored.transposed };
}
