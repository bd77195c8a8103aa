// A picture of bytes, as codecs take and give it.

/** An 8-bit picture: rows from the top, pixels from the left, channels R, G, B and perhaps A (not premultiplied). */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  /** height · width · channels values. */
  readonly data: Uint8Array;
}

/** How a picture is encoded as a file of a format other than PNG. */
export interface EncodingOptions {
  readonly format: "jpeg" | "webp" | "avif";
  /** From 1 to 100; at 100 WebP and AVIF lose nothing. */
  readonly quality: number;
}
