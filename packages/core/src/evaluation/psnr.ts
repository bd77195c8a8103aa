// Peak signal-to-noise ratio of 8-bit pictures.

import type { Image } from "../image/image.ts";

/** Mean squared difference over all pixels and channels, in squared levels (0 … 65,025). Throws RangeError when sizes differ. */
export function meanSquaredError(a: Image, b: Image): number {
  checkSameSize("compare", a, b);
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += (a.data[i] - b.data[i]) ** 2;
  return sum / a.data.length;
}

/** 10·log₁₀(255²/MSE) in dB; Infinity for equal pictures. */
export const psnr = (a: Image, b: Image): number => 10 * Math.log10(255 ** 2 / meanSquaredError(a, b));

/** Throws RangeError unless the pictures have one size and number of channels. */
export function checkSameSize(doing: string, a: Image, b: Image): void {
  if (a.width === b.width && a.height === b.height && a.channels === b.channels) return;
  const sizes = [a, b].map(({ width, height, channels }) => `${width}×${height}×${channels}`);
  throw new RangeError(`Cannot ${doing} pictures: ${sizes[0]} beside ${sizes[1]} (one size is wanted)`);
}
