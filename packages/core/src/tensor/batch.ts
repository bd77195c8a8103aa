// Tensors of one shape as one batch, and back.

import type { Tensor } from "./tensor.ts";
import { elementCount, tensor } from "./tensor.ts";

/** [1,…] tensors of one shape → [N,…]. */
export function stack(parts: readonly Tensor[]): Tensor {
  if (parts.length === 1) return parts[0];
  const data = new Float32Array(parts.length * parts[0].data.length);
  parts.forEach((part, i) => data.set(part.data, i * part.data.length));
  return tensor([parts.length, ...parts[0].dims.slice(1)], data);
}

/** [N,…] → N tensors [1,…] over the same memory. */
export function unstack({ dims: [n, ...rest], data }: Tensor): Tensor[] {
  const length = elementCount(rest);
  return Array.from({ length: n }, (_, i) => tensor([1, ...rest], data.subarray(i * length, (i + 1) * length)));
}
