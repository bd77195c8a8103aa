import type { Discretization } from "../discretization.ts";

/** Every (T/n)-th trained level, counted from the noisiest: no interpolation. */
export function sigmasSimple(steps: number, { sigmas }: Discretization): number[] {
  return Array.from({ length: steps }, (_, i) => sigmas[sigmas.length - 1 - Math.floor(i * (sigmas.length / steps))]);
}
