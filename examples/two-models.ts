// SDXL base for the first 70 % of the noise, its refiner for the rest, as one picture.

import { load } from "noisette";
import type { Image } from "noisette";

interface TwoModels {
  readonly base: string;
  readonly refiner: string;
  readonly prompt: string;
}
const common = { steps: 10, seed: 1, width: 64, height: 64 };

/** A picture of `prompt` by `base` and `refiner` together, in one call. */
export async function baseThenRefiner({ base, refiner, prompt }: TwoModels): Promise<Image> {
  const [first, second] = [await load(base, { device: "cpu" }), await load(refiner, { device: "cpu" })];
  try {
    const { images } = await first.generate({ ...common, prompt, refiner: second, refinerAt: 0.7 });
    return images[0].image!;
  } finally {
    await first.close();
    await second.close();
  }
}

/** The same where memory holds one model at a time: the latents are handed over. */
export async function oneAfterTheOther({ base, refiner, prompt }: TwoModels): Promise<Image> {
  const first = await load(base, { device: "cpu" });
  const { images } = await first.generate({ ...common, prompt, denoisingEnd: 0.7 });
  await first.close();

  const second = await load(refiner, { device: "cpu" });
  const refined = await second.generate({ ...common, prompt, denoisingStart: 0.7, init: images[0].latents });
  await second.close();
  return refined.images[0].image!;
}
