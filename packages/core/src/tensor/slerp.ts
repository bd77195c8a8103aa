// Spherical interpolation (K. Shoemake, 1985): between two draws of N(0,1) it keeps the length that noise has.

/** Which values form the vectors that are turned: along `axis` of `dims`, every line by itself. */
export interface SlerpLines {
  readonly dims: readonly number[];
  readonly axis: number;
}

/**
 * a at amount 0, b at 1, and between them along the great circle; straight where the two are nearly parallel. With `lines`
 * every line along that axis is turned by its own angle: A1111's variations are so, along the rows of each channel.
 */
export function slerp(a: Float32Array, b: Float32Array, amount: number, lines?: SlerpLines): Float32Array {
  if (a.length !== b.length) {
    throw new RangeError(`Cannot interpolate arrays: ${a.length} values beside ${b.length} (equal lengths are wanted)`);
  }
  const length = lines?.dims[lines.axis] ?? a.length;
  const stride = lines?.dims.slice(lines.axis + 1).reduce((x, y) => x * y, 1) ?? 1;
  const starts = Array.from(
    { length: a.length / length },
    (_, i) => Math.floor(i / stride) * stride * length + (i % stride),
  );
  const cosines = starts.map((start) => cosine(a, b, { start, length, stride }));
  // One decision for all lines, as A1111 makes it.
  const straight = cosines.reduce((sum, c) => sum + c, 0) / cosines.length > 0.9995;

  const out = new Float32Array(a.length);
  starts.forEach((start, line) => {
    const angle = Math.acos(Math.min(Math.max(cosines[line], -1), 1));
    const sine = Math.sin(angle);
    const [fromA, fromB] =
      straight || sine < 1e-6
        ? [1 - amount, amount]
        : [Math.sin((1 - amount) * angle) / sine, Math.sin(amount * angle) / sine];
    for (let k = 0, i = start; k < length; k++, i += stride) out[i] = fromA * a[i] + fromB * b[i];
  });
  return out;
}

function cosine(
  a: Float32Array,
  b: Float32Array,
  { start, length, stride }: { start: number; length: number; stride: number },
): number {
  let [aa, bb, ab] = [0, 0, 0];
  for (let k = 0, i = start; k < length; k++, i += stride) {
    aa += a[i] * a[i];
    bb += b[i] * b[i];
    ab += a[i] * b[i];
  }
  return aa === 0 || bb === 0 ? 1 : ab / Math.sqrt(aa * bb);
}
