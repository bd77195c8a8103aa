// Self-attention guidance: S. Hong, G. Lee, W. Jang, S. Kim, "Improving Sample Quality of Diffusion Models Using
// Self-Attention Guidance", arXiv 2210.00939, algorithm 2: away from what the network makes of a picture that is blurred
// where its attention lies.
import { gaussianBlur } from "../../image/gaussian.ts";
import { lincomb } from "../../tensor/lincomb.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { tensor } from "../../tensor/tensor.ts";
import { toDenoised } from "../parameterization.ts";
import type { EvaluationPoint, Predictions } from "./predictions.ts";

/** guided + s·(u − û), û the prediction for the degraded x; without guidance, of the conditional one. */
export const awayFromDegraded = (
  guided: Float32Array,
  { cond, uncond = cond, degraded }: Predictions,
  scale: number,
): Float32Array => lincomb([1, guided], [scale, uncond], [-scale, degraded!]);

/**
 * x with its estimate of x₀ blurred where attention lies, and the noise it was estimated to hold. `attention` [1,h',w'] is how
 * much attention each place of the lowest resolution gets from all: more than 1, its even share, counts. `dims` is [1,C,h,w].
 */
export function degradedInput(
  output: Float32Array,
  { x, sigma, prediction }: EvaluationPoint,
  { attention, dims }: { attention: Tensor; dims: readonly number[] },
): Float32Array {
  const denoised = tensor(dims, toDenoised(prediction, output, x, sigma));
  const blurred = blurredPlanes(denoised);
  const [, , height, width] = dims;
  const [, rows, columns] = attention.dims;
  const result = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const row = Math.floor((Math.floor((i / width) % height) * rows) / height);
    const column = Math.floor(((i % width) * columns) / width);
    const isMasked = attention.data[row * columns + column] > 1;
    // x = x₀ + σ·ε, so x′ = x + (x₀′ − x₀).
    result[i] = isMasked ? x[i] + (blurred[i] - denoised.data[i]) : x[i];
  }
  return result;
}

/** x [1,C,h,w], each channel blurred with the reference's 9 taps of standard deviation 1, mirrored at the edges. */
function blurredPlanes({ dims: [, channels, height, width], data }: Tensor): Float32Array {
  const blurred = new Float32Array(data.length);
  for (let c = 0; c < channels; c++) {
    const start = c * height * width;
    const plane = data.subarray(start, start + height * width);
    blurred.set(gaussianBlur({ width, height, channels: 1, data: plane }, { sigma: 1, radius: 4 }), start);
  }
  return blurred;
}
