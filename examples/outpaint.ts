// More of a picture than there was: beyond its edges, beside it, around it.

import { load } from "noisette";
import type { Image } from "noisette";

/** `init` continued to the right, seen from further left, and from further away. */
export async function outpaint(
  model: string,
  { init, prompt }: { init: Image; prompt: string },
): Promise<{ wider: Image; panned: Image; zoomed: Image }> {
  const sd = await load(model, { device: "cpu" });
  const paint = async (options: object): Promise<Image> => {
    const { images } = await sd.generate({ prompt, init, strength: 0.9, steps: 4, seed: 1, ...options });
    return images[0].image!;
  };
  try {
    return {
      // Left, top, right, bottom.
      wider: await paint({ outpaint: [0, 0, 32, 0], maskGrow: 8, maskBlur: 4 }),
      panned: await paint({ pan: [-16, 0] }),
      zoomed: await paint({ zoomOut: 1.5, pasteOriginal: true }),
    };
  } finally {
    await sd.close();
  }
}
