// Pen strokes by a difference of Gaussians (H. Winnemöller et al., "XDoG: An eXtended difference-of-Gaussians compendium",
// 2012), with the numbers of ControlNet's scribble_xdog.

import { gaussianBlur, opencvRadius } from "../gaussian.ts";
import type { Image } from "../image.ts";
import { imageFromMask } from "../mask.ts";

const [fine, coarse] = [0.5, 5]; // σ in pixels

/** White strokes on black, where `image` is darker than around it in all three colours by more than half of `threshold`. */
export function xdog(image: Image, { threshold }: { readonly threshold: number }): Image {
  const { width, height, channels } = image;
  const blur = (sigma: number) => gaussianBlur(image, { sigma, radius: opencvRadius(sigma, "floats") });
  const [near, around] = [blur(fine), blur(coarse)];
  const data = new Uint8Array(width * height);
  for (let i = 0; i < data.length; i++) {
    let darker = Infinity;
    for (let at = i * channels; at < i * channels + 3; at++) darker = Math.min(darker, around[at] - near[at]);
    data[i] = 2 * Math.ceil(darker) > threshold ? 255 : 0;
  }
  return imageFromMask({ width, height, data });
}
