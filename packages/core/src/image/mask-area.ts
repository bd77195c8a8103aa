// The part of a picture around what a mask paints, in the shape that it is worked on: diffusers' `padding_mask_crop` and
// A1111's "only masked".

import type { Mask } from "./mask.ts";

/** A rectangle of a picture, in pixels. */
export interface Area {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The smallest rectangle around all that is not 0, or undefined when there is none. */
export function maskBounds({ width, height, data }: Mask): Area | undefined {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[y * width + x] === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/**
 * What of the picture to work on: the mask's bounds with `padding` around, then widened or heightened to the shape of
 * `width` × `height` as far as the picture reaches. Undefined when the mask is 0 everywhere.
 */
export function maskArea(
  mask: Mask,
  { width, height, padding }: { width: number; height: number; padding: number },
): Area | undefined {
  const bounds = maskBounds(mask);
  if (bounds === undefined) return undefined;
  const across = padded(bounds.left, bounds.width, { padding, limit: mask.width });
  const down = padded(bounds.top, bounds.height, { padding, limit: mask.height });
  const shape = width / height;
  if (across.size / down.size > shape) {
    const { start, size } = stretched(down, Math.trunc(across.size / shape), mask.height);
    return { left: across.start, width: across.size, top: start, height: size };
  }
  const { start, size } = stretched(across, Math.trunc(down.size * shape), mask.width);
  return { left: start, width: size, top: down.start, height: down.size };
}

interface Span {
  readonly start: number;
  readonly size: number;
}

function padded(start: number, size: number, { padding, limit }: { padding: number; limit: number }): Span {
  const from = Math.max(start - padding, 0);
  return { start: from, size: Math.min(start + size + padding, limit) - from };
}

// To `wanted`, by the same on both sides; shifted back where it would leave the picture, and cut where that is too small.
function stretched({ start, size }: Span, wanted: number, limit: number): Span {
  const before = Math.floor((wanted - size) / 2);
  const from = Math.max(Math.min(start - before, limit - wanted), 0);
  return { start: from, size: Math.min(wanted, limit) };
}
