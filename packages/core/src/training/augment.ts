// Pictures moved, turned, mirrored and made larger or smaller at random: the same thing, seen otherwise.

import type { Image } from "../image/image.ts";
import type { TorchGenerator } from "../util/rng/torch-generator.ts";

/** How far pictures may be changed. */
export interface Augmentation {
  /** Largest move in each direction, as a share of the side. */
  readonly shift: number;
  /** Largest turn in either direction. */
  readonly degrees: number;
  /** Largest factor of growing and shrinking, 1 for none. */
  readonly scale: number;
}

/** What is done to one picture. */
export interface Placement {
  /** Moves, in pixels. */
  readonly x: number;
  readonly y: number;
  /** Clockwise. */
  readonly degrees: number;
  readonly scale: number;
  readonly isMirrored: boolean;
}

/** Placements of `images`: uniform moves and turns, scales uniform in their logarithm; half are mirrored with `flip`. */
export function drawPlacements(
  images: readonly Image[],
  { shift, degrees, scale, flip }: Augmentation & { readonly flip: boolean },
  draws: TorchGenerator,
): Placement[] {
  const values = draws.uniform(5 * images.length, -1, 1);
  return images.map(({ width, height }, i) => {
    const [x, y, turn, growth, side] = values.subarray(5 * i, 5 * i + 5);
    return {
      x: x * shift * width,
      y: y * shift * height,
      degrees: turn * degrees,
      scale: scale ** growth,
      isMirrored: flip && side < 0,
    };
  });
}

/**
 * `image` placed on its own canvas, read bilinearly. Around it is nothing where it has transparency, and its own border,
 * continued, where it has none.
 */
export function placed(image: Image, { x, y, degrees, scale, isMirrored }: Placement): Image {
  const { width, height, channels, data } = image;
  const out = new Uint8ClampedArray(data.length);
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  const mirror = isMirrored ? -1 : 1;
  const hasAlpha = channels === 4;
  const last = channels - 1;
  for (let row = 0, to = 0; row < height; row++) {
    for (let column = 0; column < width; column++, to += channels) {
      // Where in the picture this pixel comes from: moved back, turned back, scaled back.
      const [dx, dy] = [column - middleX - x, row - middleY - y];
      const u = mirror * (cos * dx + sin * dy) + middleX;
      const v = cos * dy - sin * dx + middleY;
      const [u0, v0] = [Math.floor(u), Math.floor(v)];
      let [r, g, b, a] = [0, 0, 0, 0];
      for (let tap = 0; tap < 4; tap++) {
        let [su, sv] = [u0 + (tap & 1), v0 + (tap >> 1)];
        if (!hasAlpha) [su, sv] = [Math.min(Math.max(su, 0), width - 1), Math.min(Math.max(sv, 0), height - 1)];
        else if (su < 0 || sv < 0 || su >= width || sv >= height) continue;
        const from = (sv * width + su) * channels;
        // Colours count as far as they are seen.
        const weight =
          (tap & 1 ? u - u0 : 1 - u + u0) * (tap >> 1 ? v - v0 : 1 - v + v0) * (hasAlpha ? data[from + last] / 255 : 1);
        r += weight * data[from];
        g += weight * data[from + 1];
        b += weight * data[from + 2];
        a += weight;
      }
      if (a === 0) continue;
      out[to] = r / a;
      out[to + 1] = g / a;
      out[to + 2] = b / a;
      if (hasAlpha) out[to + 3] = 255 * a;
    }
  }
  return { width, height, channels, data: new Uint8Array(out.buffer) };
}
