// What --init names: a picture to start from, or latents that another model handed over.

import type { Image } from "@noisette/core";
import { readImage } from "@noisette/core/image/png";
import { readSafetensors } from "@noisette/core/safetensors/read";
import { readTensors } from "@noisette/core/safetensors/read-tensor";
import type { Tensor } from "@noisette/core/tensor/tensor";

/** The picture at `path`, or the tensor "latents" of a .safetensors file. Throws Error when there is none. */
export async function readInit(path: string): Promise<Image | Tensor> {
  if (!path.endsWith(".safetensors")) return readImage(path);
  const { tensors } = await readSafetensors(path);
  const stored = tensors.get("latents");
  if (stored === undefined)
    throw new Error(
      `Cannot start from "${path}": it has no tensor "latents" (a file that --denoising-end saved is wanted)`,
    );
  return (await readTensors([["latents", stored]])).get("latents")!;
}
