// Linear combinations of arrays: what a sampler step is made of.
const f32 = Math.fround;

/**
 * Σ coefficient·array, elementwise: `lincomb([2, x], [-1, y])` = 2x − y. Terms are added in order and every operation is rounded to
 * float32, so that a formula gives what the same formula gives on float32 tensors. All arrays have one length.
 */
export function lincomb(...terms: readonly (readonly [coefficient: number, array: Float32Array])[]): Float32Array {
  const length = terms[0][1].length;
  const sum = new Float32Array(length);
  for (const [coefficient, array] of terms) {
    if (array.length !== length) {
      throw new RangeError(`Cannot combine arrays: ${array.length} values beside ${length} (equal lengths are wanted)`);
    }
    const factor = f32(coefficient);
    for (let i = 0; i < length; i++) sum[i] += f32(factor * array[i]);
  }
  return sum;
}

/** factor·array, elementwise. */
export function scaled(array: Float32Array, factor: number): Float32Array {
  const rounded = f32(factor);
  return array.map((value) => value * rounded);
}
