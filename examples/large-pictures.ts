// A picture that meets itself at its sides, and one larger than the model sees at once:
// npx tsx --conditions=source examples/large-pictures.ts "a prompt"

import type { GenerateOptions, Image, Model } from "noisette";
import { runExample } from "./run-example.ts";

/** A tile that can be laid beside and above itself. */
export async function seamlessTile(sd: Model, options: GenerateOptions): Promise<Image> {
  return (await sd.generate({ ...options, tiling: "xy" })).images[0].image!;
}

/** A panorama four times as wide as high: the UNet and the autoencoder see squares of `side` pixels of it at a time. */
export async function panorama(sd: Model, { side, ...options }: GenerateOptions & { side: number }): Promise<Image> {
  const { images } = await sd.generate({
    ...options,
    tiledDiffusion: "mixture",
    tileSize: side,
    tileOverlap: 0.5,
    tiledDecode: "on",
    width: 4 * side,
    height: side,
  });
  return images[0].image!;
}

await runExample(import.meta.url, async (sd, [prompt = "a wall of ivy"]) => ({
  tile: await seamlessTile(sd, { prompt, seed: 1 }),
  panorama: await panorama(sd, { prompt, seed: 1, side: 512 }),
}));
