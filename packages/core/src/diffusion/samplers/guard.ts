// What every sampler run gets around its denoiser: cancellation between evaluations, and a stop at the first NaN or infinity.
import type { Denoise, Sampler } from "./types.ts";

/** `sampler`, checked: its signal is honoured, a non-finite estimate throws RangeError naming the step, and x is copied first. */
export function guarded(sampler: Sampler): Sampler {
  return async (denoise, x, sigmas, options) => {
    if (sigmas.length < 2) throw new RangeError(`Cannot sample: ${sigmas.length} noise levels (2 or more are wanted)`);
    const checked: Denoise = async (input, sigma) => {
      options.signal?.throwIfAborted();
      const denoised = await denoise(input, sigma);
      const bad = denoised.findIndex((value) => !Number.isFinite(value));
      if (bad >= 0) {
        const step = stepAt(sigmas, sigma);
        throw new RangeError(
          `Cannot sample: the network gave ${denoised[bad]} in step ${step + 1} of ${sigmas.length - 1}, sigma ${sigma} (finite values are wanted)`,
        );
      }
      return denoised;
    };
    return sampler(checked, x.slice(), sigmas, options);
  };
}

// The step during which noise level `sigma` is evaluated: the levels may fall or rise.
function stepAt(sigmas: readonly number[], sigma: number): number {
  const sign = sigmas[0] > sigmas[sigmas.length - 1] ? 1 : -1;
  const step = sigmas.findIndex((_, i) => i === sigmas.length - 2 || sign * sigma > sign * sigmas[i + 1]);
  return Math.max(step, 0);
}
