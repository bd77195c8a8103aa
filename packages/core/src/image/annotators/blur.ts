// Pictures blurred, for ControlNets that were trained to sharpen.

import { gaussianBlur, opencvRadius } from "../gaussian.ts";
import type { Image } from "../image.ts";

/** `image` blurred by a Gaussian of `sigma` pixels, cut off at 3 σ. */
export function blur(image: Image, { sigma }: { readonly sigma: number }): Image {
  const data = gaussianBlur(image, { sigma, radius: opencvRadius(sigma, "bytes") });
  return { ...image, data: Uint8Array.from(data, (value) => Math.round(value)) };
}
