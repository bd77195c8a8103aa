// Guidance rescale: S. Lin et al., "Common Diffusion Noise Schedules and Sample Steps Are Flawed", arXiv 2305.08891 §3.4, eq. 14–16.

/** How far a guided prediction is rescaled. */
export interface RescaleOptions {
  /** φ: 0 keeps the guided prediction, 1 replaces its standard deviation. */
  readonly rescale: number;
  /** N, the images in the prediction; each has its own standard deviation. */
  readonly batch: number;
}

/** `guided` with, in part φ, the standard deviation that `cond` has over all axes but the batch's. */
export function rescaleGuidance(
  guided: Float32Array,
  cond: Float32Array,
  { rescale, batch }: RescaleOptions,
): Float32Array {
  const imageLength = guided.length / batch;
  const result = new Float32Array(guided.length);
  for (let start = 0; start < guided.length; start += imageLength) {
    const end = start + imageLength;
    const ratio = standardDeviation(cond.subarray(start, end)) / standardDeviation(guided.subarray(start, end));
    for (let i = start; i < end; i++) result[i] = guided[i] * (rescale * ratio + 1 - rescale);
  }
  return result;
}

// Unbiased, like torch.std.
function standardDeviation(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}
