// Timestep spacings of diffusers as schedules of their own, straight from the trained levels: arXiv 2305.08891, table 2.
import type { Discretization } from "../discretization.ts";
import { roundHalfEven, spacedTimesteps } from "../spacing.ts";

/** Every (T/n)-th timestep counted from the last, which is the noisiest. */
export function sigmasTrailing(steps: number, { sigmas }: Discretization): number[] {
  return spacedTimesteps("trailing", { steps, trainSteps: sigmas.length }).map((t) => sigmas[t]);
}

/** Every ⌊T/n⌋-th timestep counted from 1, as published Stable Diffusion configs have it (steps_offset 1). */
export function sigmasLeading(steps: number, { sigmas }: Discretization): number[] {
  const offset = steps < sigmas.length ? 1 : 0;
  return spacedTimesteps("leading", { steps, trainSteps: sigmas.length, offset }).map((t) => sigmas[t]);
}

/** n timesteps from the last to 0, rounded. */
export function sigmasLinspace(steps: number, { sigmas }: Discretization): number[] {
  return spacedTimesteps("linspace", { steps, trainSteps: sigmas.length }).map((t) => sigmas[roundHalfEven(t)]);
}
