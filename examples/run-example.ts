// What the examples share when they are run as programs: a model to work with, and a place for their pictures.

import { fileURLToPath } from "node:url";
import { load } from "noisette";
import type { Image, Model } from "noisette";
import { writePng } from "@noisette/core/image/png";

const practice = fileURLToPath(new URL("../fixtures/models/sd1", import.meta.url));

/**
 * Runs `make` when the file at `url` is the program that was started: with the model that NOISETTE_MODEL names (else a tiny one
 * of random weights) and the words after the file's name. The pictures that it returns are written as NAME.png.
 */
export async function runExample(
  url: string,
  make: (sd: Model, words: readonly string[]) => Promise<Readonly<Record<string, Image>>>,
): Promise<void> {
  if (process.argv[1] !== fileURLToPath(url)) return;
  const sd = await load(process.env.NOISETTE_MODEL || practice);
  try {
    for (const [name, image] of Object.entries(await make(sd, process.argv.slice(2)))) {
      await writePng(`${name}.png`, image);
      console.log(`${name}.png`);
    }
  } finally {
    await sd.close();
  }
}
