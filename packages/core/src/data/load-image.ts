// Pictures as the networks want them: one size, three or four channels.

import { decodeImage, resizeBitmap } from "#platform";
import { cropImage } from "../image/compose.ts";
import type { Image } from "../image/image.ts";
import type { Random } from "./random-stream.ts";

/** The size that is wanted and how to come to it. */
export interface LoadImageOptions {
  readonly width: number;
  readonly height: number;
  /** 3 lays a transparent picture on `ground`; 4 gives an opaque one full alpha. */
  readonly channels?: 3 | 4;
  /** "crop" keeps the shape of things and cuts the longer side; "stretch" keeps everything and not the shape. */
  readonly fit?: "crop" | "stretch";
  /** Where to cut: the middle, or anywhere, drawn from `random`. */
  readonly random?: Random;
  /** RGB below transparent pixels. */
  readonly ground?: readonly [number, number, number];
}

/**
 * The picture in the bytes of a file, in the wanted size. Of an animated one the first frame; CMYK, grey and 16-bit ones
 * become 8-bit RGB. Throws when the bytes are no picture, or a damaged or huge (over 268 megapixels) one.
 */
export async function loadImage(bytes: Uint8Array, options: LoadImageOptions): Promise<Image> {
  return fitImage(await decodeImage(bytes), options);
}

/** `image` in the wanted size and with the wanted channels. */
export async function fitImage(
  image: Image,
  { width, height, channels = 3, fit = "crop", random, ground = [255, 255, 255] }: LoadImageOptions,
): Promise<Image> {
  const part = fit === "crop" ? cropped(image, width / height, random) : image;
  const isRight = part.width === width && part.height === height;
  return withChannels(isRight ? part : await resizeBitmap(part, { width, height }), channels, ground);
}

/** The largest part of `image` of that shape. */
function cropped(image: Image, shape: number, random: Random | undefined): Image {
  const width = Math.max(1, Math.min(image.width, Math.round(image.height * shape)));
  const height = Math.max(1, Math.min(image.height, Math.round(image.width / shape)));
  if (width === image.width && height === image.height) return image;
  const place = (rest: number) => (random ? Math.floor(random() * (rest + 1)) : Math.floor(rest / 2));
  return cropImage(image, { left: place(image.width - width), top: place(image.height - height), width, height });
}

function withChannels(image: Image, channels: 3 | 4, ground: readonly [number, number, number]): Image {
  if (image.channels === channels) return image;
  const { width, height, data } = image;
  const out = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    const alpha = image.channels === 4 ? data[4 * i + 3] / 255 : 1;
    for (let c = 0; c < 3; c++) {
      out[i * channels + c] = Math.round(data[i * image.channels + c] * alpha + ground[c] * (1 - alpha));
    }
    if (channels === 4) out[4 * i + 3] = 255;
  }
  return { width, height, channels, data: out };
}
