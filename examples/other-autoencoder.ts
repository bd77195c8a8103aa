// A checkpoint with another autoencoder in place of its own, for colour or for float16's sake.

import { load } from "noisette";
import type { Image } from "noisette";

/** The same latents through the model's own autoencoder, and through `vae`: a file, a folder or a Hub id's folder. */
export async function otherAutoencoder(
  model: string,
  { vae, prompt }: { vae: string; prompt: string },
): Promise<readonly Image[]> {
  const pictures: Image[] = [];
  for (const options of [{}, { vae }]) {
    const sd = await load(model, { device: "cpu", ...options });
    try {
      const { images } = await sd.generate({ prompt, seed: 1, steps: 2, width: 64, height: 64 });
      pictures.push(images[0].image!);
    } finally {
      await sd.close();
    }
  }
  return pictures;
}
