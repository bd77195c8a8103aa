// Dynamic thresholding of latents ("mimic scale"): what C. Saharia et al. (Imagen, arXiv 2205.11487, §2.3) do to pixels, as
// the extension sd-dynamic-thresholding does it to latents: high guidance scales with the range of values of a low one.
import { quantile } from "../clipping.ts";
import type { Predictions } from "./predictions.ts";
import { classifierFree } from "./cfg.ts";

/** The method's parameters. */
export interface DynamicThresholdingSettings {
  /** The guidance scale whose range of values the result has. */
  readonly mimicScale: number;
  /** Share of the values that the range is to hold; those outside are cut to it. 1 cuts none. */
  readonly percentile: number;
  /** C: each channel has its own range. */
  readonly channels: number;
}

/**
 * The guided estimate of x₀ with each channel's deviations from its mean clamped to ±m and scaled by r/m. r is the largest
 * deviation at the mimicked scale, m the larger of r and the `percentile` quantile of the deviations at this scale.
 */
export function dynamicThresholding(
  { cond, uncond }: Predictions,
  guidanceScale: number,
  { mimicScale, percentile, channels }: DynamicThresholdingSettings,
): Float32Array {
  const guided = classifierFree(uncond!, cond, guidanceScale);
  const mimicked = classifierFree(uncond!, cond, mimicScale);
  const size = guided.length / channels;
  for (let start = 0; start < guided.length; start += size) {
    const channel = guided.subarray(start, start + size);
    const center = mean(channel);
    const deviations = channel.map((value) => Math.abs(value - center));
    const range = largestDeviation(mimicked.subarray(start, start + size));
    const limit = Math.max(range, quantile(deviations, percentile));
    if (limit === 0) continue;
    for (let i = 0; i < size; i++) {
      channel[i] = (Math.min(Math.max(channel[i] - center, -limit), limit) / limit) * range + center;
    }
  }
  return guided;
}

function largestDeviation(values: Float32Array): number {
  const center = mean(values);
  return values.reduce((largest, value) => Math.max(largest, Math.abs(value - center)), 0);
}

const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
