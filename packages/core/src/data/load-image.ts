// Pictures as the networks want them: one size, three or four channels.

import { decodeImage, resizeBitmap } from "#platform";
import { cropImage } from "../image/compose.ts";
import { withChannels } from "../image/channels.ts";
import type { Image } from "../image/image.ts";
import { overGround } from "../image/over-ground.ts";
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
  const sized = isRight ? part : await resizeBitmap(part, { width, height });
  return channels === 3 ? overGround(sized, ground) : withChannels(sized, channels);
}

/** The largest part of `image` of that shape. */
function cropped(image: Image, shape: number, random: Random | undefined): Image {
  const width = Math.max(1, Math.min(image.width, Math.round(image.height * shape)));
  const height = Math.max(1, Math.min(image.height, Math.round(image.width / shape)));
  if (width === image.width && height === image.height) return image;
  const place = (rest: number) => (random ? Math.floor(random() * (rest + 1)) : Math.floor(rest / 2));
  return cropImage(image, { left: place(image.width - width), top: place(image.height - height), width, height });
}
