// A picture made anew from another one: npx tsx --conditions=source examples/image-to-image.ts PICTURE ["a prompt"] [MODEL]

import { fileURLToPath } from "node:url";
import { load } from "noisette";
import type { Image } from "noisette";
import { readImage, writePng } from "@noisette/core/image/png";

/** `init` made anew from 60 % of the noise on. */
export async function imageToImage(model: string, { init, prompt }: { init: Image; prompt: string }): Promise<Image> {
  const sd = await load(model, { device: "cpu" });
  try {
    // A1111 counts the steps that strength leaves differently: strengthSteps: "a1111".
    const { images } = await sd.generate({ prompt, init, strength: 0.6, steps: 5, seed: 1 });
    return images[0].image!;
  } finally {
    await sd.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const practice = fileURLToPath(new URL("../fixtures/models/sd1", import.meta.url));
  const [picture, prompt = "a red fox", model = practice] = process.argv.slice(2);
  await writePng("image-to-image.png", await imageToImage(model, { init: await readImage(picture), prompt }));
}
