// The grids that distilled models were trained on.
import type { Discretization } from "../discretization.ts";

/** T, 0.9T, 0.8T, …, each less one: the ten levels of SD-Turbo and SDXL-Turbo (arXiv 2311.17042), the noisiest first. */
export function sigmasTurbo(steps: number, { sigmas }: Discretization): number[] {
  return Array.from({ length: steps }, (_, i) => sigmas[Math.round(sigmas.length * (1 - i / 10)) - 1]);
}

/** Equally spread over the 50 levels of latent consistency models (arXiv 2310.04378, §4.3). */
export function sigmasLcm(steps: number, { sigmas }: Discretization): number[] {
  const stride = Math.floor(sigmas.length / 50);
  return Array.from({ length: steps }, (_, i) => sigmas[(50 - Math.floor(i * (50 / steps))) * stride - 1]);
}
