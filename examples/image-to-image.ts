// A picture made anew from another one: npx tsx --conditions=source examples/image-to-image.ts PICTURE "a prompt"

import type { GenerateOptions, Image, Model } from "noisette";
import { readImage } from "@noisette/core/image/png";
import { runExample } from "./run-example.ts";

/** `init` made anew from 60 % of the noise on. */
export async function imageToImage(sd: Model, { init, ...options }: GenerateOptions & { init: Image }): Promise<Image> {
  // A1111 counts the steps that strength leaves differently: strengthSteps: "a1111".
  const { images } = await sd.generate({ ...options, init, strength: 0.6 });
  return images[0].image!;
}

await runExample(import.meta.url, async (sd, [picture, prompt]) => ({
  "image-to-image": await imageToImage(sd, { init: await readImage(picture), prompt, seed: 1 }),
}));
