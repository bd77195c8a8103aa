// A batch of a denoising loss: clean data, noise, and levels drawn for each picture.

import type { Tensor } from "../../tensor/tensor.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { TorchGenerator } from "../../util/rng/torch-generator.ts";
import type { NoiseLevels } from "./noise-levels.ts";

/** What noise is added, and who learns how much. */
export interface NoisedOptions {
  /** A level for each picture. */
  readonly timesteps: Float64Array;
  readonly levels: NoiseLevels;
  /** Strength of noise that is the same for a whole channel of a picture. */
  readonly offsetNoise: number;
  readonly draws: TorchGenerator;
}

/** Inputs of `noisedLoss`. */
export type NoisedFeeds = Readonly<Record<"clean" | "noise" | "timestep" | "alpha" | "sigma" | "weight", Tensor>>;

/** The inputs `clean`, `noise`, `timestep`, `alpha`, `sigma` and `weight` for clean data [N,C,h,w]. */
export function noisedFeeds(clean: Tensor, { timesteps, levels, offsetNoise, draws }: NoisedOptions): NoisedFeeds {
  const [count, channels, ...size] = clean.dims;
  const noise = draws.randn(clean.data.length);
  if (offsetNoise > 0) {
    const plane = size[0] * size[1];
    const offsets = draws.randn(count * channels);
    for (let i = 0; i < noise.length; i++) noise[i] += offsetNoise * offsets[Math.floor(i / plane)];
  }
  const perPicture = (value: (t: number) => number, dims: readonly number[] = [count]) =>
    tensor(dims, Float32Array.from(timesteps, value));
  return {
    clean,
    noise: tensor(clean.dims, noise),
    timestep: perPicture((t) => t),
    alpha: perPicture((t) => levels.alpha[t], [count, 1, 1, 1]),
    sigma: perPicture((t) => levels.sigma[t], [count, 1, 1, 1]),
    weight: perPicture((t) => levels.weight[t]),
  };
}
