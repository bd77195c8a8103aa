// SDXL base for the first 70 % of the noise, its refiner for the rest, as one picture.

import { load } from "noisette";
import type { Image } from "noisette";

/** A picture of `prompt` by `base` and `refiner` together. */
export async function baseThenRefiner({
  base,
  refiner,
  prompt,
}: {
  base: string;
  refiner: string;
  prompt: string;
}): Promise<Image> {
  const common = { prompt, steps: 10, seed: 1 };
  const first = await load(base, { device: "cpu" });
  const { images } = await first.generate({ ...common, width: 64, height: 64, denoisingEnd: 0.7 });
  await first.close();

  const second = await load(refiner, { device: "cpu" });
  const refined = await second.generate({ ...common, denoisingStart: 0.7, init: images[0].latents });
  await second.close();
  return refined.images[0].image!;
}
