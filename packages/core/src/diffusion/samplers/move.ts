// The straight line every method is made of: along d = (x − D)/σ to another noise level. Each operation is rounded to float32 like the
// references' tensors: at the largest σ of cosine schedules (20 000) what cancels there is visible in the image.
const f32 = Math.fround;

/** d = (x − D)/σ, the slope dx/dσ of the probability flow ODE: the predicted noise. */
export function slope(x: Float32Array, denoised: Float32Array, sigma: number): Float32Array {
  const divisor = f32(sigma);
  return x.map((value, i) => f32(value - denoised[i]) / divisor);
}

/** x + d·Δσ. */
export function along(x: Float32Array, d: Float32Array, deltaSigma: number): Float32Array {
  const step = f32(deltaSigma);
  return x.map((value, i) => value + f32(d[i] * step));
}

/** x at noise level `to`, straight from `sigma`. */
export function moved(x: Float32Array, denoised: Float32Array, sigma: number, to: number): Float32Array {
  return along(x, slope(x, denoised, sigma), to - f32(sigma));
}
