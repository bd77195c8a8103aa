// Pictures that are nearly the same, by the root mean square of their differences. Exact and yet far from all pairs: by
// Jensen's inequality the difference of means over any cells is at most the RMS over their pixels, so pictures sorted by
// their mean need to be compared only with close neighbours, and those first by the means of 4 × 4 cells.

/** A small RGB picture: [side·side·3] values in 0 … 1. */
export type Thumbnail = Float32Array;

/** Root mean square of the differences of two thumbnails. */
export function rms(a: Thumbnail, b: Thumbnail): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return Math.sqrt(sum / a.length);
}

/** All pairs of thumbnails that are nearer than `threshold`, lower index first. */
export function* nearPairs(thumbnails: readonly Thumbnail[], threshold: number): Generator<[number, number]> {
  const cells = thumbnails.map(cellMeans);
  const means = cells.map((values) => values.reduce((sum, value) => sum + value, 0) / values.length);
  const byMean = Array.from(thumbnails.keys()).sort((a, b) => means[a] - means[b]);
  for (const [place, a] of byMean.entries()) {
    for (let next = place + 1; next < byMean.length; next++) {
      const b = byMean[next];
      if (means[b] - means[a] >= threshold) break;
      if (rms(cells[a], cells[b]) >= threshold || rms(thumbnails[a], thumbnails[b]) >= threshold) continue;
      yield a < b ? [a, b] : [b, a];
    }
  }
}

/** Whether each thumbnail is nearer than `threshold` to an earlier one that is not so itself. */
export function nearDuplicates(thumbnails: readonly Thumbnail[], threshold: number): boolean[] {
  const earlier: number[][] = thumbnails.map(() => []);
  for (const [a, b] of nearPairs(thumbnails, threshold)) earlier[b].push(a);
  const isDuplicate: boolean[] = [];
  for (const candidates of earlier) isDuplicate.push(candidates.some((candidate) => !isDuplicate[candidate]));
  return isDuplicate;
}

/** Means of 4 × 4 cells of each channel. */
function cellMeans(thumbnail: Thumbnail): Float32Array {
  const side = Math.round(Math.sqrt(thumbnail.length / 3));
  const cell = side / 4;
  const means = new Float32Array(48);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const to = (Math.floor(y / cell) * 4 + Math.floor(x / cell)) * 3;
      for (let c = 0; c < 3; c++) means[to + c] += thumbnail[(y * side + x) * 3 + c] / (cell * cell);
    }
  }
  return means;
}
