// Keeping the denoised estimate inside the range of the data. Pixel models need it; latents have no such range.

/** A fixed range, or dynamic thresholding (Imagen, arXiv 2205.11487 §2.3). */
export type Clip =
  | { readonly range: number }
  | {
      /** The quantile of |x₀| that becomes the new range. */
      readonly quantile: number;
      /** The largest range allowed. */
      readonly maxRange: number;
    };

/** `denoised` limited by `clip`. Dynamic thresholding treats each of the `batch` images on its own. */
export function clipped(denoised: Float32Array, clip: Clip, batch = 1): Float32Array {
  if ("range" in clip) return denoised.map((value) => clamp(value, clip.range));
  const result = new Float32Array(denoised.length);
  const imageLength = denoised.length / batch;
  for (let start = 0; start < denoised.length; start += imageLength) {
    const image = denoised.subarray(start, start + imageLength);
    // s = the quantile, in [1, maxRange]; x₀ ← clamp(x₀, ±s) / s.
    const s = Math.min(Math.max(quantile(image.map(Math.abs), clip.quantile), 1), clip.maxRange);
    for (let i = 0; i < imageLength; i++) result[start + i] = clamp(image[i], s) / s;
  }
  return result;
}

const clamp = (value: number, range: number) => Math.min(Math.max(value, -range), range);

/** The q-quantile of `values`, which it sorts: linear between order statistics, as torch.quantile. */
export function quantile(values: Float32Array, q: number): number {
  const sorted = values.sort();
  const position = q * (sorted.length - 1);
  const low = Math.floor(position);
  return sorted[low] + (position - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
}
