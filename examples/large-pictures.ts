// A picture that meets itself at its sides, and one larger than the model sees at once.

import { load } from "noisette";
import type { Image } from "noisette";

/** A tile of `prompt` that can be laid beside and above itself. */
export async function seamlessTile(model: string, prompt: string): Promise<Image> {
  const sd = await load(model, { device: "cpu" });
  try {
    const { images } = await sd.generate({ prompt, tiling: "xy", steps: 4, seed: 1, width: 64, height: 64 });
    return images[0].image!;
  } finally {
    await sd.close();
  }
}

/** A panorama of `prompt`: the UNet and the autoencoder see 64 × 64 pixels of it at a time. */
export async function panorama(model: string, prompt: string): Promise<Image> {
  const sd = await load(model, { device: "cpu" });
  try {
    const { images } = await sd.generate({
      prompt,
      tiledDiffusion: "mixture",
      tileSize: 64,
      tileOverlap: 0.5,
      tiledDecode: "on",
      steps: 4,
      seed: 1,
      width: 256,
      height: 64,
    });
    return images[0].image!;
  } finally {
    await sd.close();
  }
}
