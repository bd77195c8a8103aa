// A picture painted anew after the depth of another, with a depth-to-image model ("stabilityai/stable-diffusion-2-depth"):
// npx tsx --conditions=source examples/depth-to-image.ts PICTURE DEPTH "a prompt"

import type { GenerateOptions, Image, Model } from "noisette";
import { readImage } from "@noisette/core/image/png";
import { runExample } from "./run-example.ts";

/** `picture` made after the prompt, what is near and far as in `depth`, where light is near. */
export async function depthToImage(
  sd: Model,
  { picture, depth, ...options }: GenerateOptions & { picture: Image; depth: Image },
): Promise<Image> {
  const { images } = await sd.generate({ ...options, init: picture, depth, strength: 0.7 });
  return images[0].image!;
}

await runExample(import.meta.url, async (sd, [picture, depth, prompt]) => {
  const given = { picture: await readImage(picture), depth: await readImage(depth) };
  return { "after-depth": await depthToImage(sd, { ...given, prompt, seed: 1 }) };
});
