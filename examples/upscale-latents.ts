// A picture made and doubled without leaving latent space, by a model like stabilityai/sd-x2-latent-upscaler beside the one that
// makes it: npx tsx --conditions=source examples/upscale-latents.ts UPSCALER "a prompt"

import { load } from "noisette";
import type { GenerateOptions, Image, Model } from "noisette";
import { runExample } from "./run-example.ts";

/** A picture of `sd` at twice its size, by `upscaler`. */
export async function upscaleLatents(sd: Model, upscaler: Model, options: GenerateOptions): Promise<Image> {
  const { images } = await sd.generate(options);
  // Its authors leave prompt and guidance out: the latents say what is to be seen. A picture could be `init`, too.
  const { seed } = options;
  const larger = await upscaler.generate({
    prompt: "",
    guidanceScale: 0,
    steps: options.steps,
    seed,
    init: images[0].latents,
  });
  return larger.images[0].image!;
}

await runExample(import.meta.url, async (sd, [path, prompt]) => {
  const upscaler = await load(path);
  try {
    return { "upscaled-latents": await upscaleLatents(sd, upscaler, { prompt, seed: 1, steps: 20 }) };
  } finally {
    await upscaler.close();
  }
});
