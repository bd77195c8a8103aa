// Pictures in a browser: its own codecs and fonts, through a canvas that is never shown.

import type { Bitmap, EncodingOptions } from "./bitmap.ts";

/** `image` as the bytes of a PNG file. The colour of pixels with no alpha is lost: a canvas premultiplies. */
export async function encodePng(image: Bitmap): Promise<Uint8Array> {
  const blob = await drawn(image).canvas.convertToBlob({ type: "image/png" });
  return new Uint8Array(await blob.arrayBuffer());
}

/** `image` as the bytes of a JPEG or WebP file; JPEG has no alpha: it lies on white. Throws Error where the browser does not encode the format. */
export async function encodeImage(image: Bitmap, { format, quality }: EncodingOptions): Promise<Uint8Array> {
  const type = `image/${format}`;
  const context = drawn(image);
  if (format === "jpeg") {
    context.globalCompositeOperation = "destination-over";
    context.fillStyle = "white";
    context.fillRect(0, 0, image.width, image.height);
  }
  const blob = await context.canvas.convertToBlob({ type, quality: quality / 100 });
  if (blob.type !== type) {
    throw new Error(
      `Cannot encode ${format}: this browser does not (${format === "avif" ? "jpeg, webp or png" : "png"} is wanted)`,
    );
  }
  return new Uint8Array(await blob.arrayBuffer());
}

/**
 * The picture in the bytes of a file that the browser knows: turned upright as its EXIF data says, its colour profile
 * left aside. Throws when the bytes are none.
 */
export async function decodeImage(bytes: Uint8Array): Promise<Bitmap> {
  const options = { colorSpaceConversion: "none", premultiplyAlpha: "none", imageOrientation: "from-image" } as const;
  const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)]), options).catch((cause: Error) => {
    throw new Error(`Cannot decode the picture: ${cause.message}`, { cause });
  });
  const { width, height } = bitmap;
  const context = canvasContext(width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  if (data.some((value, i) => i % 4 === 3 && value !== 255))
    return { width, height, channels: 4, data: new Uint8Array(data) };
  return { width, height, channels: 3, data: new Uint8Array(data.filter((_, i) => i % 4 !== 3)) };
}

/** The size of the picture in the bytes of a file, upright. Throws when the bytes are none. */
export async function imageSize(bytes: Uint8Array): Promise<{ width: number; height: number }> {
  const { width, height } = await decodeImage(bytes);
  return { width, height };
}

/** `image` in another size by the browser's best filter, colours weighted by their alpha. */
export async function resizeBitmap(
  image: Bitmap,
  { width, height }: { width: number; height: number },
): Promise<Bitmap> {
  const { canvas } = drawn(image);
  const context = canvasContext(width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const kept = image.channels === 4 ? data : data.filter((_, i) => i % 4 !== 3);
  return { width, height, channels: image.channels, data: new Uint8Array(kept) };
}

/** One line of light text on dark ground, cut off where it does not fit. */
export async function drawLabel(text: string, { width, height }: { width: number; height: number }): Promise<Bitmap> {
  const context = canvasContext(width, height);
  const size = Math.round(height * 0.6);
  context.fillStyle = "#181818";
  context.fillRect(0, 0, width, height);
  context.fillStyle = "#e0e0e0";
  context.font = `${size}px sans-serif`;
  context.fillText(text, size / 4, height * 0.7);
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, channels: 3, data: new Uint8Array(data.filter((_, i) => i % 4 !== 3)) };
}

/** A canvas that shows `image`. */
function drawn({ width, height, channels, data }: Bitmap): OffscreenCanvasRenderingContext2D {
  const rgba = new ImageData(width, height);
  for (let from = 0, to = 0; to < rgba.data.length; from += channels, to += 4) {
    for (let c = 0; c < 3; c++) rgba.data[to + c] = data[from + c];
    rgba.data[to + 3] = channels === 4 ? data[from + 3] : 255;
  }
  const context = canvasContext(width, height);
  context.putImageData(rgba, 0, 0);
  return context;
}

function canvasContext(width: number, height: number): OffscreenCanvasRenderingContext2D {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("Cannot work with pictures: this browser gives no 2D canvas");
  return context;
}
