// Pictures in Node: sharp encodes, decodes and draws text. It is an optional package, loaded on first use.

import type Sharp from "sharp";
import type { Bitmap, EncodingOptions } from "./bitmap.ts";

/** `image` as the bytes of a PNG file. */
export async function encodePng({ width, height, channels, data }: Bitmap): Promise<Uint8Array> {
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels } }).png().toBuffer();
}

/** `image` as the bytes of a JPEG, WebP or AVIF file; colours are kept at full resolution. JPEG has no alpha: it lies on white. */
export async function encodeImage(
  { width, height, channels, data }: Bitmap,
  { format, quality }: EncodingOptions,
): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const picture = sharp(data, { raw: { width, height, channels } });
  const lossless = quality === 100;
  const encoded = {
    jpeg: () => picture.flatten({ background: "white" }).jpeg({ quality, chromaSubsampling: "4:4:4" }),
    webp: () => picture.webp({ quality, lossless }),
    avif: () => picture.avif({ quality, lossless, chromaSubsampling: "4:4:4" }),
  }[format]();
  return new Uint8Array(await encoded.toBuffer());
}

/** How an animation is stored and shown. */
export interface AnimationOptions {
  readonly format: "webp" | "gif";
  /** Time that each frame is shown. */
  readonly frameMs: number;
  /** How often it is shown; 0 without end. */
  readonly loops?: number;
  /** WebP: quality of the pictures, 100 for no loss. */
  readonly quality?: number;
}

/** `frames`, of one size and as many channels, as the bytes of an animated WebP or GIF. Throws RangeError when they differ. */
export async function encodeAnimation(
  frames: readonly Bitmap[],
  { format, frameMs, loops = 0, quality = 90 }: AnimationOptions,
): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const { width, height, channels } = frames[0] ?? { width: 0, height: 0, channels: 3 };
  const other = frames.findIndex((f) => f.width !== width || f.height !== height || f.channels !== channels);
  if (frames.length === 0 || other >= 0) {
    const what =
      frames.length === 0 ? "no frames" : `frame ${other} is unlike the first, ${width}×${height}×${channels}`;
    throw new RangeError(`Cannot encode an animation: ${what} (frames of one size are wanted)`);
  }
  const data = new Uint8Array(frames.length * frames[0].data.length);
  frames.forEach((frame, i) => data.set(frame.data, i * frame.data.length));
  const joined = sharp(data, { raw: { width, height: height * frames.length, channels, pageHeight: height } });
  const timing = { loop: loops, delay: frames.map(() => frameMs) };
  const lossless = quality === 100;
  return (format === "gif" ? joined.gif(timing) : joined.webp({ ...timing, quality, lossless })).toBuffer();
}

/**
 * The picture in the bytes of a PNG, JPEG, WebP or other common file: turned upright as its EXIF data says, its colour
 * profile left aside, as Pillow reads it for diffusers. Throws when the bytes are none, or are damaged.
 */
export async function decodeImage(bytes: Uint8Array): Promise<Bitmap> {
  const sharp = await loadSharp();
  try {
    const { data, info } = await sharp(bytes, { ignoreIcc: true })
      .autoOrient()
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, channels: info.channels as 3 | 4, data: new Uint8Array(data) };
  } catch (cause) {
    throw new Error(`Cannot decode the picture: ${(cause as Error).message}`, { cause });
  }
}

/** The size of the picture in the bytes of a file, upright, from its header. Throws when the bytes are none. */
export async function imageSize(bytes: Uint8Array): Promise<{ width: number; height: number }> {
  const sharp = await loadSharp();
  try {
    const { autoOrient } = await sharp(bytes).metadata();
    return autoOrient;
  } catch (cause) {
    throw new Error(`Cannot decode the picture: ${(cause as Error).message}`, { cause });
  }
}

/** `image` in another size by Lanczos's filter (a = 3), colours weighted by their alpha. Fast; rounds in its own way. */
export async function resizeBitmap(
  image: Bitmap,
  { width, height }: { width: number; height: number },
): Promise<Bitmap> {
  const { channels, data } = image;
  const sharp = await loadSharp();
  const resized = await sharp(data, {
    raw: { width: image.width, height: image.height, channels },
    limitInputPixels: false,
  })
    .resize({ width, height, fit: "fill", kernel: "lanczos3" })
    .raw()
    .toBuffer();
  return { width, height, channels, data: new Uint8Array(resized) };
}

/** One line of light text on dark ground, cut off where it does not fit. */
export async function drawLabel(text: string, { width, height }: { width: number; height: number }): Promise<Bitmap> {
  const sharp = await loadSharp();
  const size = Math.round(height * 0.6);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
<rect width="100%" height="100%" fill="#181818"/>
<text x="${size / 4}" y="${height * 0.7}" font-family="sans-serif" font-size="${size}" fill="#e0e0e0">${escapeXml(text)}</text>
</svg>`;
  const data = await sharp(new TextEncoder().encode(svg)).removeAlpha().raw().toBuffer();
  return { width, height, channels: 3, data: new Uint8Array(data) };
}

/** `text` as XML character data: no markup, and none of the characters that XML 1.0 forbids. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}

async function loadSharp(): Promise<typeof Sharp> {
  try {
    return (await import("sharp")).default;
  } catch (cause) {
    throw new Error('Cannot work with pictures: the package "sharp" cannot be loaded (npm install sharp)', { cause });
  }
}
