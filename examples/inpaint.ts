// Part of a picture painted anew, with a model for it (9 channels) or with any other, where the rest of the latents is kept at
// every step: npx tsx --conditions=source examples/inpaint.ts PICTURE MASK "a prompt"

import type { GenerateOptions, Image, Model } from "noisette";
import { readImage } from "@noisette/core/image/png";
import { runExample } from "./run-example.ts";

/** `init` with what is white in `mask` made after the prompt. */
export async function inpaint(
  sd: Model,
  options: GenerateOptions & { init: Image; mask: Image },
): Promise<{ whole: Image; masked: Image; soft: Image }> {
  const paint = async (way: Partial<GenerateOptions>): Promise<Image> =>
    (await sd.generate({ ...options, ...way })).images[0].image!;
  return {
    whole: await paint({ maskGrow: 2, maskBlur: 2, fill: "fill" }),
    // Only the part around the mask, at the model's full size; the other pixels stay as they are.
    masked: await paint({ maskArea: "masked", maskPadding: 16, fill: "noise" }),
    // Grey in the mask is strength: the lighter, the earlier a place is painted.
    soft: await paint({ softInpainting: true, maskBlur: 8, pasteOriginal: true }),
  };
}

await runExample(import.meta.url, async (sd, [picture, mask, prompt]) => {
  const { whole, masked, soft } = await inpaint(sd, {
    init: await readImage(picture),
    mask: await readImage(mask),
    prompt,
    seed: 1,
  });
  return { "inpaint-whole": whole, "inpaint-masked": masked, "inpaint-soft": soft };
});
