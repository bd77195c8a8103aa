// Pictures cut, fitted into other shapes, and laid over one another.

import { withChannels } from "./channels.ts";
import type { Image } from "./image.ts";
import type { Mask } from "./mask.ts";
import type { Area } from "./mask-area.ts";
import type { Pixels } from "./resize.ts";
import { resizeImage, resizePixels } from "./resize.ts";

/** The bytes of the part of `pixels` inside `area`, whose edges repeat where it reaches beyond them. */
function cropPixels({ width, height, channels, data }: Pixels, area: Area): Uint8Array {
  const out = new Uint8Array(area.width * area.height * channels);
  for (let y = 0; y < area.height; y++) {
    const row = clamp(area.top + y, height) * width;
    for (let x = 0; x < area.width; x++) {
      const from = (row + clamp(area.left + x, width)) * channels;
      for (let c = 0; c < channels; c++) out[(y * area.width + x) * channels + c] = data[from + c];
    }
  }
  return out;
}

const clamp = (i: number, length: number): number => Math.min(Math.max(i, 0), length - 1);

/** The part of `image` inside `area`; beyond its edges they repeat. */
export const cropImage = (image: Image, area: Area): Image => ({
  width: area.width,
  height: area.height,
  channels: image.channels,
  data: cropPixels(image, area),
});

/** The same of a mask. */
const cropMask = (mask: Mask, area: Area): Mask => ({
  width: area.width,
  height: area.height,
  data: cropPixels({ ...mask, channels: 1 }, area),
});

/** How a picture comes into another shape: stretched, cut at the sides that are too long, or continued from its edges. */
export type Fit = "stretch" | "crop" | "pad";

/** The part of a `from`-sized picture that fills `to` when resized; with "pad" it reaches beyond the picture. */
export function fittedArea(from: Size, to: Size, fit: Fit): Area {
  const whole = { left: 0, top: 0, ...sizeOf(from) };
  const shape = to.width / to.height;
  const isWide = from.width / from.height > shape;
  if (fit === "stretch") return whole;
  // Cut the longer side, or lengthen the shorter.
  if ((fit === "crop") === isWide) {
    const width = Math.max(1, Math.round(from.height * shape));
    return { ...whole, left: Math.floor((from.width - width) / 2), width };
  }
  const height = Math.max(1, Math.round(from.width / shape));
  return { ...whole, top: Math.floor((from.height - height) / 2), height };
}

interface Size {
  readonly width: number;
  readonly height: number;
}
const sizeOf = ({ width, height }: Size): Size => ({ width, height });

/** The part of `image` inside `area`, in `size`, by Lanczos's filter. */
export function partOfImage(image: Image, area: Area, size: Size): Image {
  return resizeImage(cropImage(image, area), { ...sizeOf(size), filter: "lanczos" });
}

/** The same of a mask, without the overshoot of that filter. */
export function partOfMask(mask: Mask, area: Area, size: Size): Mask {
  const part = { ...cropMask(mask, area), channels: 1 };
  return { ...sizeOf(size), data: resizePixels(part, { ...sizeOf(size), filter: "bilinear" }) };
}

/** `over` where `mask` is 255, `under` where it is 0, mixed between, colours by how much of them is seen. All of one size. */
export function blended(over: Image, under: Image, { width, height, data: mask }: Mask): Image {
  const { channels } = over;
  const [front, back] = [over.data, withChannels(under, channels).data];
  const data = new Uint8Array(channels * width * height);
  for (let i = 0; i < mask.length; i++) {
    const at = channels * i;
    const [share, rest] = [mask[i], 255 - mask[i]];
    const [frontWeight, backWeight] = channels === 3 ? [share, rest] : [share * front[at + 3], rest * back[at + 3]];
    const total = frontWeight + backWeight;
    for (let c = 0; c < 3; c++) {
      const seen = (front[at + c] * frontWeight + back[at + c] * backWeight) / total;
      // Where nothing is seen of either, the bytes of one of them.
      data[at + c] = total === 0 ? (share === 0 ? back : front)[at + c] : Math.round(seen);
    }
    if (channels === 4) data[at + 3] = Math.round(total / 255);
  }
  return { width, height, channels, data };
}

/** `image` with `part` in its place at `left`, `top`; what does not fit is left out. As many channels as the part has. */
export function pasted(part: Image, image: Image, { left, top }: { left: number; top: number }): Image {
  const { width, height } = image;
  const { channels } = part;
  const ground = withChannels(image, channels);
  const data = new Uint8Array(channels * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [px, py] = [x - left, y - top];
      const inside = px >= 0 && py >= 0 && px < part.width && py < part.height;
      const source = inside ? part : ground;
      const from = (inside ? py * part.width + px : y * width + x) * channels;
      data.set(source.data.subarray(from, from + channels), channels * (y * width + x));
    }
  }
  return { width, height, channels, data };
}
