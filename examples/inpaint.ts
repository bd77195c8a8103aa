// Part of a picture painted anew, with any model: what is white in the mask. And the same with soft edges.

import { load } from "noisette";
import type { Image } from "noisette";

/** `init` with what is white in `mask` made after `prompt`: at full size around the mask, the other pixels untouched. */
export async function inpaint(
  model: string,
  { init, mask, prompt }: { init: Image; mask: Image; prompt: string },
): Promise<{ hard: Image; soft: Image }> {
  const sd = await load(model, { device: "cpu" });
  const common = { prompt, init, mask, steps: 4, seed: 1 };
  try {
    const hard = await sd.generate({
      ...common,
      maskArea: "masked",
      maskPadding: 16,
      maskGrow: 2,
      maskBlur: 2,
      fill: "fill",
      width: 64,
      height: 64,
    });
    // Grey in the mask is strength: the lighter, the earlier a place is painted.
    const soft = await sd.generate({ ...common, softInpainting: true, maskBlur: 8, pasteOriginal: true });
    return { hard: hard.images[0].image!, soft: soft.images[0].image! };
  } finally {
    await sd.close();
  }
}
