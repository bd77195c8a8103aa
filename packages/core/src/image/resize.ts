// Pictures and masks in another size, with Pillow's filters and its arithmetic: columns first, then rows, bytes between,
// weights of 22 bits, so that a picture resized here is the one diffusers and A1111 see.

import type { Taps } from "../tensor/resampling.ts";
import { antialiasTaps, nearestTaps, resamplingFilters } from "../tensor/resampling.ts";
import type { Image } from "./image.ts";
import { premultiplied, unpremultiplied } from "./premultiplied.ts";

/** The filters by the names people know. */
export const imageFilters = {
  nearest: (from, to) => nearestTaps(from, to, "middle"),
  box: (from, to) => antialiasTaps(from, to, resamplingFilters.box),
  bilinear: (from, to) => antialiasTaps(from, to, resamplingFilters.linear),
  bicubic: (from, to) => antialiasTaps(from, to, resamplingFilters.cubic),
  lanczos: (from, to) => antialiasTaps(from, to, resamplingFilters.lanczos),
} satisfies Record<string, (from: number, to: number) => Taps[]>;

/** One of them. */
export type ImageFilter = keyof typeof imageFilters;

/** Rows of bytes with some channels: a picture, or a mask of one. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: Uint8Array;
}

/** `image` in `width` × `height`. Transparent pictures are resized with their colours times alpha, as in Pillow. */
export function resizeImage(
  image: Image,
  { width, height, filter = "lanczos" }: { width: number; height: number; filter?: ImageFilter },
): Image {
  const { channels, data } = image;
  const size = { width, height, filter };
  // "nearest" mixes nothing, and the same size changes nothing.
  if (channels === 3 || filter === "nearest" || (width === image.width && height === image.height))
    return { width, height, channels, data: resizePixels(image, size) };
  const resized = resizePixels({ ...image, data: premultiplied(data) }, size);
  return { width, height, channels, data: unpremultiplied(resized) };
}

/** The bytes of `pixels` in `width` × `height`. */
export function resizePixels(
  { width: w, height: h, channels, data }: Pixels,
  { width, height, filter }: { width: number; height: number; filter: ImageFilter },
): Uint8Array {
  const wide =
    width === w
      ? data
      : along(data, imageFilters[filter](w, width), { lines: h, line: w * channels, step: channels, count: channels });
  if (height === h) return wide.slice();
  return along(wide, imageFilters[filter](h, height), {
    lines: 1,
    line: 0,
    step: width * channels,
    count: width * channels,
  });
}

const precision = 22;

// Each of `lines` lines holds groups of `count` bytes, `step` apart; the groups are combined by `taps`.
function along(
  data: Uint8Array,
  taps: readonly Taps[],
  { lines, line, step, count }: { lines: number; line: number; step: number; count: number },
): Uint8Array {
  const out = new Uint8Array(lines * taps.length * count);
  const whole = taps.map(({ weights }) => weights.map((weight) => roundAway(weight * 2 ** precision)));
  for (let y = 0; y < lines; y++) {
    taps.forEach(({ first }, i) => {
      const weights = whole[i];
      const from = y * line + first * step;
      const to = (y * taps.length + i) * count;
      for (let c = 0; c < count; c++) {
        let sum = 2 ** (precision - 1);
        for (let k = 0; k < weights.length; k++) sum += weights[k] * data[from + k * step + c];
        out[to + c] = Math.min(Math.max(Math.floor(sum / 2 ** precision), 0), 255);
      }
    });
  }
  return out;
}

const roundAway = (value: number): number => Math.sign(value) * Math.floor(Math.abs(value) + 0.5);
