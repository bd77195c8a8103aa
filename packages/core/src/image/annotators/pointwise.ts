// Annotators that look at one pixel at a time.

import type { Image } from "../image.ts";
import { imageFromMask } from "../mask.ts";

/** The negative: dark lines on light become light lines on dark. */
export const invert = (image: Image): Image => ({ ...image, data: image.data.map((value) => 255 - value) });

/** White where all three colours are above `level`, black elsewhere. */
export const threshold = (image: Image, { level }: { readonly level: number }): Image =>
  grey(image, (r, g, b) => (Math.min(r, g, b) > level ? 255 : 0));

/** How light each pixel looks: CIE L* of sRGB, from 0 to 255, to the power `gamma`. */
export const luminance = (image: Image, { gamma }: { readonly gamma: number }): Image =>
  grey(image, (r, g, b) => 255 * (lightness(r, g, b) / 100) ** gamma);

/** The largest of each pixel's three colours, the V of HSV, to the power `gamma`. */
export const intensity = (image: Image, { gamma }: { readonly gamma: number }): Image =>
  grey(image, (r, g, b) => 255 * (Math.max(r, g, b) / 255) ** gamma);

function grey({ width, height, channels, data }: Image, value: (r: number, g: number, b: number) => number): Image {
  const values = Uint8Array.from({ length: width * height }, (_, i) => {
    const at = i * channels;
    return Math.round(value(data[at], data[at + 1], data[at + 2]));
  });
  return imageFromMask({ width, height, data: values });
}

/** sRGB's bytes as light, 0 … 1 (IEC 61966-2-1). */
const light = Float64Array.from({ length: 256 }, (_, byte) => {
  const v = byte / 255;
  return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
});

/** CIE 1976 L*, 0 … 100, of luminance Y by sRGB's primaries. */
function lightness(r: number, g: number, b: number): number {
  const y = 0.212671 * light[r] + 0.71516 * light[g] + 0.072169 * light[b];
  return y > 216 / 24389 ? 116 * Math.cbrt(y) - 16 : (24389 / 27) * y;
}
