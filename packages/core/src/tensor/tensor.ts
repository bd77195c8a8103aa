// A tensor on the host: a flat typed array and its dimensions, row-major. The element type is the array's class.

/** The typed arrays a host tensor can hold, by the name of their element type. */
export interface ElementArrays {
  float32: Float32Array;
  float64: Float64Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
}
/** The name of an element type. */
export type ElementType = keyof ElementArrays;

/** Row-major values with their dimensions; `data.length` is the product of `dims`. */
export interface Tensor<T extends ElementType = "float32"> {
  readonly dims: readonly number[];
  readonly data: ElementArrays[T];
}

/** Any host tensor. */
export type AnyTensor = { [T in ElementType]: Tensor<T> }[ElementType];

/** Number of elements of `dims`: their product, 1 for a scalar. */
export function elementCount(dims: readonly number[]): number {
  let count = 1;
  for (const dim of dims) count *= dim;
  return count;
}

/** A float32 tensor over `data`, or zeros when `data` is left out. Throws RangeError when the length does not match. */
export function tensor(dims: readonly number[], data: Float32Array = new Float32Array(elementCount(dims))): Tensor {
  if (data.length !== elementCount(dims)) {
    throw new RangeError(`Cannot make tensor [${dims}]: ${data.length} values (${elementCount(dims)} wanted)`);
  }
  return { dims, data };
}
