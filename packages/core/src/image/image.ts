// The picture type of the library's surface.

/** An 8-bit picture { width, height, channels: 3 or 4, data }, rows from the top, values 0 … 255. */
export type { Bitmap as Image } from "../platform/bitmap.ts";
