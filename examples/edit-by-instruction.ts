// A picture edited by an instruction, with a model of InstructPix2Pix ("timbrooks/instruct-pix2pix"); and one painted anew after
// the depth of another, with a depth-to-image model ("stabilityai/stable-diffusion-2-depth").

import { load } from "noisette";
import type { Image } from "noisette";

/** `picture` as `instruction` wants it ("make it winter"), closer to the picture the higher its own guidance is. */
export async function editByInstruction(
  model: string,
  { picture, instruction }: { picture: Image; instruction: string },
): Promise<Image> {
  const sd = await load(model, { device: "cpu" });
  try {
    const { images } = await sd.generate({
      prompt: instruction,
      init: picture,
      guidanceScale: 7.5,
      imageGuidanceScale: 1.5,
      steps: 4,
      seed: 1,
    });
    return images[0].image!;
  } finally {
    await sd.close();
  }
}

/** `picture` made after `prompt`, what is near and far as in `depth`, where light is near. */
export async function paintAfterDepth(
  model: string,
  { picture, depth, prompt }: { picture: Image; depth: Image; prompt: string },
): Promise<Image> {
  const sd = await load(model, { device: "cpu" });
  try {
    const { images } = await sd.generate({ prompt, init: picture, depth, strength: 0.7, steps: 4, seed: 1 });
    return images[0].image!;
  } finally {
    await sd.close();
  }
}
