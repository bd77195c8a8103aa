import type { Discretization } from "../discretization.ts";

/** Every ⌊T/n⌋-th trained level, counted from level 1: DDIM's grid. It has more than n levels when n does not divide T. */
export function sigmasDdimUniform(steps: number, { sigmas }: Discretization): number[] {
  const stride = Math.max(Math.floor(sigmas.length / steps), 1);
  const levels = [];
  for (let t = 1; t < sigmas.length; t += stride) levels.push(sigmas[t]);
  return levels.reverse();
}
