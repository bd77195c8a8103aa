import type { Discretization } from "../discretization.ts";

/** Timesteps along the curve 3u² − 2u³: close together at both ends, like "beta", by a simpler formula (stable-diffusion.cpp). */
export function sigmasSmoothstep(steps: number, { sigmas }: Discretization): number[] {
  const timesteps = Array.from({ length: steps }, (_, i) => {
    const u = 1 - i / steps;
    return Math.round(u ** 2 * (3 - 2 * u) * (sigmas.length - 1));
  });
  return [...new Set(timesteps)].map((t) => sigmas[t]); // many steps meet the same timestep
}
