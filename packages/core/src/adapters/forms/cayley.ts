// Cayley's transform: from any square matrix to a rotation.

/**
 * R = (I + Q)(I − Q)⁻¹ with Q = B − Bᵀ, for each block B [size, size] of `blocks`. Q is shortened to the norm `constraint`
 * where that is not 0; the norm is that of all blocks together, as kohya's scripts and LyCORIS have it.
 */
export function cayley(
  blocks: Float32Array,
  { size, constraint = 0 }: { size: number; constraint?: number },
): Float32Array {
  const area = size * size;
  const count = blocks.length / area;
  const skew = new Float64Array(blocks.length);
  for (let start = 0; start < blocks.length; start += area) {
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++)
        skew[start + i * size + j] = blocks[start + i * size + j] - blocks[start + j * size + i];
    }
  }
  const norm = Math.sqrt(skew.reduce((sum, value) => sum + value * value, 0));
  const shorter = constraint > 0 && norm > constraint ? constraint / norm : 1;
  const rotations = new Float32Array(blocks.length);
  for (let block = 0; block < count; block++) {
    const q = skew.subarray(block * area, (block + 1) * area).map((value) => value * shorter);
    const plus = q.map((value, i) => (i % (size + 1) === 0 ? 1 : 0) + value);
    const minus = q.map((value, i) => (i % (size + 1) === 0 ? 1 : 0) - value);
    // I + Q and (I − Q)⁻¹ commute, so R solves (I − Q)·R = I + Q. I − Q is regular: a skew matrix has no eigenvalue 1.
    rotations.set(solve(minus, plus, size), block * area);
  }
  return rotations;
}

/** X with A·X = B, all [n, n]; Gauss–Jordan with the largest pivot. */
function solve(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const swap = (matrix: Float64Array, i: number, j: number) => {
    for (let c = 0; c < n; c++) [matrix[i * n + c], matrix[j * n + c]] = [matrix[j * n + c], matrix[i * n + c]];
  };
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++)
      if (Math.abs(a[row * n + column]) > Math.abs(a[pivot * n + column])) pivot = row;
    if (pivot !== column) for (const matrix of [a, b]) swap(matrix, pivot, column);
    const scale = 1 / a[column * n + column];
    for (const matrix of [a, b]) for (let c = 0; c < n; c++) matrix[column * n + c] *= scale;
    for (let row = 0; row < n; row++) {
      const factor = a[row * n + column];
      if (row === column || factor === 0) continue;
      for (const matrix of [a, b]) for (let c = 0; c < n; c++) matrix[row * n + c] -= factor * matrix[column * n + c];
    }
  }
  return b;
}
