// Pictures in a body: base64 with or without the head of a data: URL, made ready for jobs.

import { imageFromMask } from "@noisette/core/image/mask";
import { overGround } from "@noisette/core/image/over-ground";
import { pngBytes } from "@noisette/core/image/png";
import { refuse } from "../guard/refuse.ts";
import type { Limits } from "../schema/server-info.ts";
import { checkPicture, dataUrl, dataUrlBytes, decodePicture } from "../store/picture-bytes.ts";
import { alphaOf, isOpaque } from "../store/transparency.ts";

/** The file in `text`. Throws a problem when it is no base64. */
export function fileIn(text: string): Uint8Array {
  if (/^https?:/i.test(text))
    throw refuse("bad-request", "Cannot fetch a picture: addresses are not followed (the file in base64 is wanted)");
  return dataUrlBytes(text.startsWith("data:") ? text : `data:;base64,${text.replaceAll(/\s/g, "")}`);
}

/** A data: URL of the picture for a job, laid on `ground` where it is transparent. Throws a problem when it is none. */
export async function pictureUrl(
  text: string,
  { limits, ground }: { readonly limits: Limits; readonly ground: string },
): Promise<string> {
  const file = fileIn(text);
  await checkPicture(file, limits);
  const image = await decodePicture(file, limits);
  if (isOpaque(image)) return dataUrl(file);
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(ground.slice(at, at + 2), 16));
  return dataUrl(await pngBytes(overGround(image, [red, green, blue])));
}

/** A data: URL of the mask for a job: where the picture is transparent somewhere, its alpha is the mask. */
export async function maskUrl(text: string, limits: Limits): Promise<string> {
  const file = fileIn(text);
  const image = await decodePicture(file, limits);
  return isOpaque(image) ? dataUrl(file) : dataUrl(await pngBytes(imageFromMask(alphaOf(image))));
}
