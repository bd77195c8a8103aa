// A picture edited by an instruction, with a model of InstructPix2Pix ("timbrooks/instruct-pix2pix"):
// npx tsx --conditions=source examples/edit-by-instruction.ts PICTURE "make it winter"

import type { GenerateOptions, Image, Model } from "noisette";
import { readImage } from "@noisette/core/image/png";
import { runExample } from "./run-example.ts";

/** `picture` as the prompt wants it, closer to what it was the higher its own guidance is. */
export async function editByInstruction(
  sd: Model,
  { picture, ...options }: GenerateOptions & { picture: Image },
): Promise<Image> {
  const { images } = await sd.generate({ ...options, init: picture, guidanceScale: 7.5, imageGuidanceScale: 1.5 });
  return images[0].image!;
}

await runExample(import.meta.url, async (sd, [picture, prompt]) => ({
  edited: await editByInstruction(sd, { picture: await readImage(picture), prompt, seed: 1 }),
}));
