// A small picture four times as large, with detail that the prompt describes: Stable Diffusion's ×4 upscaler.

import { load } from "noisette";
import type { Image } from "noisette";

/** `small` at four times its size, by a model like stabilityai/stable-diffusion-x4-upscaler. */
export async function upscaleDiffusion(
  model: string,
  { small, prompt }: { small: Image; prompt: string },
): Promise<Image> {
  const upscaler = await load(model, { device: "cpu" });
  try {
    // More noise over the small picture leaves more to invent.
    const { images } = await upscaler.generate({ prompt, init: small, noiseLevel: 20, steps: 4, seed: 1 });
    return images[0].image!;
  } finally {
    await upscaler.close();
  }
}
