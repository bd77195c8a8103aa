// SDXL base for the first 80 % of the noise, its refiner for the rest, as one picture:
// npx tsx --conditions=source examples/two-models.ts BASE REFINER "a prompt"

import { fileURLToPath } from "node:url";
import { load } from "noisette";
import type { GenerateOptions, Image, LoadModelOptions, Model } from "noisette";
import { writePng } from "@noisette/core/image/png";

/** A picture by `base` and `refiner` together, in one call. */
export async function baseThenRefiner(
  base: Model,
  { refiner, ...options }: GenerateOptions & { refiner: Model },
): Promise<Image> {
  return (await base.generate({ ...options, refiner, refinerAt: 0.8 })).images[0].image!;
}

/** The same where memory holds one model at a time: the latents are handed over. */
export async function oneAfterTheOther(
  [base, refiner]: readonly [string, string],
  { device, ...options }: GenerateOptions & Pick<LoadModelOptions, "device">,
): Promise<Image> {
  const first = await load(base, { device });
  const { images } = await first.generate({ ...options, denoisingEnd: 0.8 });
  await first.close();

  const second = await load(refiner, { device });
  const refined = await second.generate({ ...options, denoisingStart: 0.8, init: images[0].latents });
  await second.close();
  return refined.images[0].image!;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [base, refiner, prompt] = process.argv.slice(2);
  await writePng("two-models.png", await oneAfterTheOther([base, refiner], { prompt, seed: 1 }));
}
