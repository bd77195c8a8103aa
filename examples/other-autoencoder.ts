// A checkpoint with another autoencoder in place of its own, for colour or for float16's sake:
// npx tsx --conditions=source examples/other-autoencoder.ts MODEL VAE "a prompt"

import { fileURLToPath } from "node:url";
import { load } from "noisette";
import type { GenerateOptions, Image, LoadModelOptions } from "noisette";
import { writePng } from "@noisette/core/image/png";

/** A picture by `model` with the autoencoder `vae`: a file or a folder. */
export async function otherAutoencoder(
  model: string,
  { vae, device, ...options }: GenerateOptions & Pick<LoadModelOptions, "device"> & { vae: string },
): Promise<Image> {
  const sd = await load(model, { vae, device });
  try {
    return (await sd.generate(options)).images[0].image!;
  } finally {
    await sd.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [model, vae, prompt] = process.argv.slice(2);
  await writePng("other-autoencoder.png", await otherAutoencoder(model, { vae, prompt, seed: 1 }));
}
