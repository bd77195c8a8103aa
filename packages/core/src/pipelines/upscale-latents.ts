// The latent ×2 upscaler (K. Crowson's, stabilityai/sd-x2-latent-upscaler; diffusers' StableDiffusionLatentUpscalePipeline): the UNet
// takes the small picture's latents, each repeated 2×2, behind the noisy ones, and is told ¼·ln σ for the timestep.

import type { Image } from "../image/image.ts";
import { tensorFromImage } from "../image/pixels.ts";
import { resized } from "../tensor/resize.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { encodePosterior } from "./initial-latents.ts";
import type { StartContext, Starts } from "./initial-latents.ts";
import { pictureChannels } from "./picture-channels.ts";

/** What the network is told of a noise level: c_noise of EDM (arXiv 2206.00364, table 1). */
export const noiseCode = (sigma: number): number => Math.log(sigma) / 4;

/** Starts from noise, with `small`, a picture or its latents [1,C,h/2,w/2], beside it. Throws RangeError when its size is not half of the run's. */
export async function startsFromSmallLatents(
  small: Image | Tensor,
  { networks, latentDims, signal }: StartContext,
): Promise<Starts> {
  const [, channels, height, width] = latentDims;
  const { unet, vae } = networks.configs;
  // Its levels halve without rest, and mirror borders also at the smallest.
  const whole = 2 ** (unet.levels.length - 1);
  if ([height, width].some((size) => size % whole !== 0 || size < 2 * whole)) {
    const unit = (whole * vae.factor) / 2;
    throw new RangeError(
      `Cannot upscale to ${width * vae.factor}×${height * vae.factor}: a picture whose sides divide by ${unit}, of ${2 * unit} at least, is wanted`,
    );
  }
  const dims = [1, channels, height / 2, width / 2];
  const enlarged = (latents: Float32Array) =>
    tensor(latentDims, resized(tensor(dims, latents), { height, width, mode: "nearest" }).data);

  if ("dims" in small) {
    if (small.dims.length !== 4 || small.dims.some((dim, i) => dim !== dims[i]))
      throw new RangeError(`Cannot upscale latents [${small.dims}]: [${dims}] is wanted for the size asked for`);
    return ({ noise }) => ({ start: { kind: "noise", noise: noise() }, extraChannels: enlarged(small.data) });
  }
  const [wide, high] = [dims[3] * vae.factor, dims[2] * vae.factor];
  if (small.width !== wide || small.height !== high)
    throw new RangeError(
      `Cannot upscale a picture of ${small.width}×${small.height}: ${wide}×${high} is wanted for the size asked for`,
    );
  const posterior = await encodePosterior(networks, tensorFromImage(small, pictureChannels(networks)), signal);
  return ({ draw, noise }) => {
    // The picture's latents are drawn before the noise, as in diffusers.
    const extraChannels = enlarged(posterior(draw(dims, { shared: true })));
    return { start: { kind: "noise", noise: noise() }, extraChannels };
  };
}
