// What a denoising network learns of a picture: a latent, drawn from where the autoencoder puts it.

import type { Tensor } from "../../tensor/tensor.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { TorchGenerator } from "../../util/rng/torch-generator.ts";
import type { AutoencoderFiles, Moments } from "./autoencoder-files.ts";

/** Scaled latents drawn from their distribution: (μ + σ·noise − shift)·scaling. */
export function drawLatents(
  { mean, logVariance }: Moments,
  { scaling, shift }: Pick<AutoencoderFiles, "scaling" | "shift">,
  draws: TorchGenerator,
): Tensor {
  if (logVariance === undefined)
    return tensor(
      mean.dims,
      mean.data.map((z) => (z - shift) * scaling),
    );
  const noise = draws.randn(mean.data.length);
  // The same limits as in the autoencoder's own training.
  const deviation = (i: number) => Math.exp(0.5 * Math.min(Math.max(logVariance.data[i], -30), 20));
  return tensor(
    mean.dims,
    mean.data.map((z, i) => (z + deviation(i) * noise[i] - shift) * scaling),
  );
}

/** Scaled latents as the decoder takes them: z/scaling + shift. */
export const unscaledLatents = (
  { dims, data }: Tensor,
  { scaling, shift }: Pick<AutoencoderFiles, "scaling" | "shift">,
): Tensor =>
  tensor(
    dims,
    data.map((z) => z / scaling + shift),
  );
