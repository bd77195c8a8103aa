// Which noise levels a batch is learnt or judged at.

import type { TorchGenerator } from "../../util/rng/torch-generator.ts";

/** Levels from `begin` up to `end` (the last one), which is not among them, are drawn `multiplier` times as often as the others. */
export interface TimestepBias {
  readonly begin: number;
  readonly end?: number;
  readonly multiplier: number;
}

/** Whether its levels are some of `timesteps`. */
export const isWithin = ({ begin, end }: TimestepBias, timesteps: number): boolean =>
  begin < (end ?? timesteps) && (end ?? timesteps) <= timesteps;

/**
 * Levels 0 … `timesteps` − 1 for `count` pictures. Without a bias all are equally likely; with one it is as the "range" of diffusers'
 * training scripts. Throws RangeError when no level lies in the range.
 */
export function drawTimesteps(
  draws: TorchGenerator,
  count: number,
  { timesteps, bias }: { readonly timesteps: number; readonly bias?: TimestepBias },
): Float64Array {
  if (bias === undefined) return draws.randint(count, 0, timesteps);
  const { begin, end = timesteps, multiplier } = bias;
  if (!isWithin(bias, timesteps))
    throw new RangeError(
      `Cannot draw noise levels from ${begin} to ${end} more often: the model has ${timesteps} (a range of these is wanted)`,
    );
  // The inverse of a distribution function of three straight pieces.
  const within = multiplier * (end - begin);
  return Float64Array.from(draws.uniform(count, 0, timesteps - (end - begin) + within), (u) => {
    if (u < begin) return Math.floor(u);
    if (u < begin + within) return Math.min(begin + Math.floor((u - begin) / multiplier), end - 1);
    return Math.min(end + Math.floor(u - begin - within), timesteps - 1);
  });
}

/** Levels for validation examples `start` … `start + count − 1`, evenly spread, so that few examples say much. */
export const validationTimesteps = (start: number, count: number, timesteps: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => Math.floor((((start + i) % 64) + 0.5) * (timesteps / 64)));
