// Pictures near one picture: its seed's noise, turned a little towards other seeds':
// npx tsx --conditions=source examples/variations.ts "a prompt"

import type { GenerateOptions, Image, Model } from "noisette";
import { contactSheet } from "@noisette/core/image/contact-sheet";
import { runExample } from "./run-example.ts";

/** The picture of a seed, three variations of it, and its composition at a wider size. */
export async function variations(
  sd: Model,
  options: GenerateOptions & { width: number; height: number },
): Promise<readonly Image[]> {
  const { width, height } = options;
  const original = await sd.generate(options);
  const varied = await sd.generate({ ...options, count: 3, variationStrength: 0.2, variationSeed: 100 });
  const wider = await sd.generate({ ...options, width: 1.5 * width, seedResizeFrom: [width, height] });
  return [original, varied, wider].flatMap(({ images }) => images.map(({ image }) => image!));
}

await runExample(import.meta.url, async (sd, [prompt = "a red fox"]) => {
  const images = await variations(sd, { prompt, seed: 1, width: 512, height: 512 });
  return { variations: await contactSheet(images.map((image) => ({ image }))) };
});
