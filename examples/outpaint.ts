// More of a picture than there was: beyond its edges, beside it, around it:
// npx tsx --conditions=source examples/outpaint.ts PICTURE "a prompt"

import type { GenerateOptions, Image, Model } from "noisette";
import { readImage } from "@noisette/core/image/png";
import { runExample } from "./run-example.ts";

/** `init` continued to the right, seen from further left, and from further away. */
export async function outpaint(
  sd: Model,
  options: GenerateOptions & { init: Image },
): Promise<{ wider: Image; panned: Image; zoomed: Image }> {
  const paint = async (way: Partial<GenerateOptions>): Promise<Image> =>
    (await sd.generate({ ...options, strength: 0.9, ...way })).images[0].image!;
  const { width } = options.init;
  return {
    // Left, top, right, bottom.
    wider: await paint({ outpaint: [0, 0, width / 2, 0], maskGrow: 8, maskBlur: 4 }),
    panned: await paint({ pan: [-width / 4, 0] }),
    zoomed: await paint({ zoomOut: 1.5, pasteOriginal: true }),
  };
}

await runExample(import.meta.url, async (sd, [picture, prompt]) => {
  const { wider, panned, zoomed } = await outpaint(sd, { init: await readImage(picture), prompt, seed: 1 });
  return { "outpaint-wider": wider, "outpaint-panned": panned, "outpaint-zoomed": zoomed };
});
