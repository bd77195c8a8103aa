// Pictures in Node: sharp encodes, decodes and draws text. It is an optional package, loaded on first use.

import type Sharp from "sharp";
import type { Bitmap } from "./bitmap.ts";

/** `image` as the bytes of a PNG file. */
export async function encodePng({ width, height, channels, data }: Bitmap): Promise<Uint8Array> {
  const sharp = await loadSharp();
  return sharp(data, { raw: { width, height, channels } }).png().toBuffer();
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
