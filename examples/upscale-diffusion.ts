// A small picture four times as large, with detail that the prompt describes, by a model like
// stabilityai/stable-diffusion-x4-upscaler: npx tsx --conditions=source examples/upscale-diffusion.ts PICTURE "a prompt"

import type { GenerateOptions, Image, Model } from "noisette";
import { readImage } from "@noisette/core/image/png";
import { runExample } from "./run-example.ts";

/** `small` at four times its size. */
export async function upscaleDiffusion(
  sd: Model,
  { small, ...options }: GenerateOptions & { small: Image },
): Promise<Image> {
  // More noise over the small picture leaves more to invent.
  const { images } = await sd.generate({ ...options, init: small, noiseLevel: 20 });
  return images[0].image!;
}

await runExample(import.meta.url, async (sd, [picture, prompt]) => ({
  "upscaled-diffusion": await upscaleDiffusion(sd, { small: await readImage(picture), prompt, seed: 1 }),
}));
