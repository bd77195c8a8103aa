// A large picture in two passes: at a size that the model knows, then enlarged and gone over again:
// npx tsx --conditions=source examples/hires-fix.ts "a prompt"

import type { GenerateOptions, Image, Model } from "noisette";
import { resizeImage } from "@noisette/core/image/resize";
import type { Upscaler } from "@noisette/core/pipelines/hires-upscalers";
import { runExample } from "./run-example.ts";

/** A picture at twice the size: enlarged as latents, and by a function of the caller's. */
export async function hiresFix(
  sd: Model,
  options: GenerateOptions & { prompt: string },
): Promise<{ latent: Image; pixels: Image }> {
  // Any function from a picture to a larger one: loadUpscaler(…).upscale of an ESRGAN network (upscale.ts), or this.
  const upscaler: Upscaler = async (image) =>
    resizeImage(image, { width: 2 * image.width, height: 2 * image.height, filter: "lanczos" });
  const common = { ...options, hiresScale: 2, hiresStrength: 0.6 };
  const latent = await sd.generate({ ...common, hiresUpscaler: "latent-bicubic", hiresSampler: "dpmpp_2m" });
  const pixels = await sd.generate({ ...common, upscaler, hiresPrompt: `${options.prompt}, sharp` });
  return { latent: latent.images[0].image!, pixels: pixels.images[0].image! };
}

await runExample(import.meta.url, async (sd, [prompt = "a red fox"]) => {
  const { latent, pixels } = await hiresFix(sd, { prompt, seed: 1 });
  return { "hires-latent": latent, "hires-pixels": pixels };
});
