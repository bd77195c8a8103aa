// A large picture in two passes: at a size that the model knows, then enlarged and gone over again.

import { load } from "noisette";
import type { Image } from "noisette";
import { resizeImage } from "@noisette/core/image/resize";
import type { Upscaler } from "@noisette/core/pipelines/hires-upscalers";

/** A picture of `prompt` at twice the model's size: enlarged as latents, and by a function of the caller's. */
export async function hiresFix(model: string, prompt: string): Promise<readonly Image[]> {
  const sd = await load(model, { device: "cpu" });
  const common = { prompt, width: 32, height: 32, steps: 4, seed: 1, hiresScale: 2, hiresStrength: 0.6, hiresSteps: 3 };
  // Any function from a picture to a larger one: loadUpscaler(…).upscale of an ESRGAN network, or this.
  const upscaler: Upscaler = async (image) =>
    resizeImage(image, { width: 2 * image.width, height: 2 * image.height, filter: "lanczos" });
  try {
    const latent = await sd.generate({ ...common, hiresUpscaler: "latent-bicubic", hiresSampler: "dpmpp_2m" });
    const pixels = await sd.generate({ ...common, upscaler, hiresPrompt: `${prompt}, sharp` });
    return [latent, pixels].map(({ images }) => images[0].image!);
  } finally {
    await sd.close();
  }
}
