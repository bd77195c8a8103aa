// Pictures near one picture: its seed's noise, turned a little towards other seeds'.

import { load } from "noisette";
import type { Image } from "noisette";

/** The picture of `seed`, three variations of it, and its composition at a wider size. */
export async function variations(
  model: string,
  { prompt, seed }: { prompt: string; seed: number },
): Promise<{ original: Image; variations: readonly Image[]; wider: Image }> {
  const sd = await load(model, { device: "cpu" });
  const common = { prompt, seed, steps: 4, width: 64, height: 64 };
  try {
    const original = await sd.generate(common);
    const varied = await sd.generate({ ...common, count: 3, variationStrength: 0.2, variationSeed: 100 });
    const wider = await sd.generate({ ...common, width: 96, seedResizeFrom: [64, 64] });
    return {
      original: original.images[0].image!,
      variations: varied.images.map(({ image }) => image!),
      wider: wider.images[0].image!,
    };
  } finally {
    await sd.close();
  }
}
