// Linear combinations of arrays: what a sampler step is made of.

/** Σ coefficient·array, elementwise, summed in float64 and rounded once: `lincomb([2, x], [-1, y])` = 2x − y. All arrays have one length. */
export function lincomb(...terms: readonly (readonly [coefficient: number, array: Float32Array])[]): Float32Array {
  const length = terms[0][1].length;
  for (const [, array] of terms) {
    if (array.length !== length) {
      throw new RangeError(`Cannot combine arrays: ${array.length} values beside ${length} (equal lengths are wanted)`);
    }
  }
  const sum = new Float64Array(length);
  for (const [coefficient, array] of terms) {
    for (let i = 0; i < length; i++) sum[i] += coefficient * array[i];
  }
  return Float32Array.from(sum);
}

/** factor·array, elementwise. */
export function scaled(array: Float32Array, factor: number): Float32Array {
  return array.map((value) => value * factor);
}
