// Masks: one byte a pixel, 255 where a picture is painted anew, 0 where it is kept, between them where both are mixed.

import { gaussianBlur } from "./gaussian.ts";
import type { Image } from "./image.ts";

/** A mask: rows from the top, one byte a pixel. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A picture as a mask: its luma (ITU-R BT.601 in 16 bits, as Pillow's "L"). Alpha is left aside. */
export function maskFromImage({ width, height, channels, data }: Image): Mask {
  const luma = (i: number) => (data[i] * 19595 + data[i + 1] * 38470 + data[i + 2] * 7471 + 0x8000) >> 16;
  return { width, height, data: Uint8Array.from({ length: width * height }, (_, i) => luma(i * channels)) };
}

/** `mask` as a grey picture. */
export function imageFromMask({ width, height, data }: Mask): Image {
  return {
    width,
    height,
    channels: 3,
    data: Uint8Array.from({ length: 3 * data.length }, (_, i) => data[(i / 3) | 0]),
  };
}

/** Kept where it was painted, and the other way round. */
export const invertMask = (mask: Mask): Mask => ({ ...mask, data: mask.data.map((value) => 255 - value) });

/** The larger of both at each pixel: what either paints. */
export const joinMasks = (a: Mask, b: Mask): Mask => ({
  ...a,
  data: a.data.map((value, i) => Math.max(value, b.data[i])),
});

/** Dilated by `pixels` in every direction (a square of side 2·pixels + 1), or eroded where that is below 0. */
export function growMask(mask: Mask, pixels: number): Mask {
  if (pixels === 0) return mask;
  if (pixels < 0) return invertMask(growMask(invertMask(mask), -pixels));
  const { width, height, data } = mask;
  const wide = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) dilateLine(data, wide, { start: y * width, step: 1, length: width, pixels });
  const grown = new Uint8Array(data.length);
  for (let x = 0; x < width; x++) dilateLine(wide, grown, { start: x, step: width, length: height, pixels });
  return { width, height, data: grown };
}

interface Line {
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

// The maximum of a window that slides along the line; candidates fall, the first is the maximum (D. Lemire, 2006).
function dilateLine(
  from: Uint8Array,
  to: Uint8Array,
  { start, step, length, pixels }: Line & { pixels: number },
): void {
  const candidates: number[] = [];
  let head = 0;
  for (let i = 0; i < length + pixels; i++) {
    if (i < length) {
      const value = from[start + i * step];
      while (candidates.length > head && from[start + candidates.at(-1)! * step] <= value) candidates.pop();
      candidates.push(i);
    }
    if (i < pixels) continue;
    if (candidates[head] < i - 2 * pixels) head++;
    to[start + (i - pixels) * step] = from[start + candidates[head] * step];
  }
}

/** Blurred by a Gaussian of `sigma` pixels, cut off at 2.5 σ; pictures end in a mirror. A1111's "mask blur" is this σ. */
export function blurMask(mask: Mask, sigma: number): Mask {
  if (sigma === 0) return mask;
  const radius = Math.floor(2.5 * sigma + 0.5);
  const blurred = gaussianBlur({ ...mask, channels: 1 }, { sigma, radius });
  return { ...mask, data: Uint8Array.from(blurred, (value) => Math.round(value)) };
}
