// A picture without its details, for ControlNet's tile model, which invents them anew: made smaller by the mean over what each
// pixel covers, and brought back to its size.

import type { Taps } from "../../tensor/resampling.ts";
import type { Image } from "../image.ts";
import { resizeImage } from "../resize.ts";

/** `image` made `factor` times smaller and, by a bicubic filter, as large as before. */
export function tile(image: Image, { factor }: { readonly factor: number }): Image {
  const { width, height } = image;
  const small = shrunk(image, {
    width: Math.max(1, Math.floor(width / factor)),
    height: Math.max(1, Math.floor(height / factor)),
  });
  return resizeImage(small, { width, height, filter: "bicubic" });
}

/** `image` in a smaller size, by means over areas, parts of pixels counted as parts: OpenCV's INTER_AREA. */
export function shrunk(image: Image, { width, height }: { readonly width: number; readonly height: number }): Image {
  const { channels, data } = image;
  const [across, down] = [areaTaps(image.width, width), areaTaps(image.height, height)];
  const out = new Uint8Array(width * height * channels);
  down.forEach((rows, y) =>
    across.forEach((columns, x) => {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        rows.weights.forEach((weight, j) => {
          const from = ((rows.first + j) * image.width + columns.first) * channels + c;
          columns.weights.forEach((share, k) => (sum += weight * share * data[from + k * channels]));
        });
        out[(y * width + x) * channels + c] = Math.round(sum);
      }
    }),
  );
  return { width, height, channels, data: out };
}

/** Which share of each target value every source value is, where `to` cells of one size cover a line of `from`. */
function areaTaps(from: number, to: number): Taps[] {
  const size = from / to;
  return Array.from({ length: to }, (_, i) => {
    const [start, end] = [i * size, (i + 1) * size];
    const first = Math.floor(start);
    // A cell that ends on a pixel's edge but for rounding does not reach the next one.
    const last = Math.min(Math.ceil(end - 1e-6), from) - 1;
    const weights = Array.from(
      { length: last - first + 1 },
      (_, k) => (Math.min(first + k + 1, end) - Math.max(first + k, start)) / size,
    );
    return { first, weights };
  });
}
