// A picture of bytes, as codecs take and give it.

/** An 8-bit picture: rows from the top, pixels from the left, channels R, G, B and perhaps A (not premultiplied). */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  /** height · width · channels values. */
  readonly data: Uint8Array;
}
