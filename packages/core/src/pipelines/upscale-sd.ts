// Stable Diffusion's ×4 upscaler: the UNet takes the small picture's pixels behind the latents, under noise, and is told how
// much of it (cascaded diffusion's noise conditioning, arXiv 2106.15282, §4.2; diffusers' StableDiffusionUpscalePipeline).

import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import { lowResScheduler } from "../checkpoints/low-res-scheduler.ts";
import { diffusionFromDiffusers } from "../diffusion/from-diffusers.ts";
import type { SchedulerConfigJson } from "../diffusion/from-diffusers.ts";
import { diffused } from "../diffusion/noise.ts";
import type { Image } from "../image/image.ts";
import { tensorFromImage } from "../image/pixels.ts";
import { tensor } from "../tensor/tensor.ts";
import type { StartContext, Starts } from "./initial-latents.ts";

/** Starts from noise, with `small` beside it. Throws RangeError when the noise level is beyond what the model was trained with. */
export async function startsFromSmall(
  small: Image,
  { checkpoint, latentDims, options }: StartContext & { checkpoint: Checkpoint },
): Promise<Starts> {
  const [, , height, width] = latentDims;
  if (small.width !== width || small.height !== height) {
    throw new RangeError(
      `Cannot upscale a picture of ${small.width}×${small.height}: ${width}×${height} is wanted for the size asked for`,
    );
  }
  const level = options.noiseLevel;
  const highest = Number(checkpoint.modelIndex?.max_noise_level ?? 350);
  if (level > highest)
    throw new RangeError(`Cannot upscale at noise level ${level}: the model knows levels up to ${highest}`);
  const noise = await lowResScheduler(checkpoint);
  const { alphasCumprod } = diffusionFromDiffusers(noise as SchedulerConfigJson).discretization;
  const pixels = tensorFromImage(small);
  return ({ draw, noise }) => {
    const noisy = diffused(pixels.data, draw(pixels.dims, { shared: true }), alphasCumprod[level]);
    return {
      start: { kind: "noise", noise: noise() },
      extraChannels: tensor(pixels.dims, noisy),
      classLabel: level,
    };
  };
}
