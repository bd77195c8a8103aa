// Edges by J. Canny, "A Computational Approach to Edge Detection" (1986), in OpenCV's whole numbers: Sobel's gradient of the
// channel where it is largest, its local maxima across the edge, and from the strong ones along those that are connected.

import type { Image } from "../image.ts";
import { imageFromMask } from "../mask.ts";

/** What counts as an edge. */
export interface CannyOptions {
  /** Gradients above it continue an edge. */
  readonly low: number;
  /** Gradients above it begin one. */
  readonly high: number;
  /** The gradient's length √(dx² + dy²) instead of |dx| + |dy|. */
  readonly l2Gradient: boolean;
}

/** White lines of one pixel on black, where `image` has edges. Throws RangeError where `low` is above `high`. */
export function canny(image: Image, { low, high, l2Gradient }: CannyOptions): Image {
  if (low > high)
    throw new RangeError(`Cannot find edges: low is ${low} and high is ${high} (low is wanted no larger than high)`);
  // Squares are compared, so that everything stays whole.
  const [weak, strong] = [low, high].map((value) => Math.floor(l2Gradient ? value ** 2 : value));
  const gradient = strongestGradient(image, l2Gradient);
  return imageFromMask({
    width: image.width,
    height: image.height,
    data: connected(ridges(gradient, { weak, strong }), gradient),
  });
}

/** Gradients with a border of one pixel of none around the picture. */
interface Gradient {
  /** Width with the border: from one row to the next. */
  readonly stride: number;
  readonly width: number;
  readonly height: number;
  readonly dx: Int16Array;
  readonly dy: Int16Array;
  readonly magnitude: Int32Array;
}

/** Sobel's 3×3 gradient at each pixel, of the first channel among those where it is largest; edges repeat. */
function strongestGradient({ width, height, channels, data }: Image, l2Gradient: boolean): Gradient {
  const stride = width + 2;
  const size = stride * (height + 2);
  const [dx, dy, magnitude] = [new Int16Array(size), new Int16Array(size), new Int32Array(size)];
  const row = width * channels;
  for (let y = 0; y < height; y++) {
    const top = Math.max(y - 1, 0) * row;
    const middle = y * row;
    const bottom = Math.min(y + 1, height - 1) * row;
    for (let x = 0; x < width; x++) {
      const at = (y + 1) * stride + x + 1;
      for (let c = 0; c < 3; c++) {
        const left = Math.max(x - 1, 0) * channels + c;
        const here = x * channels + c;
        const right = Math.min(x + 1, width - 1) * channels + c;
        const falling = data[bottom + right] - data[top + left];
        const rising = data[top + right] - data[bottom + left];
        const gx = falling + rising + 2 * (data[middle + right] - data[middle + left]);
        const gy = falling - rising + 2 * (data[bottom + here] - data[top + here]);
        const length = l2Gradient ? gx * gx + gy * gy : Math.abs(gx) + Math.abs(gy);
        if (c > 0 && length <= magnitude[at]) continue;
        dx[at] = gx;
        dy[at] = gy;
        magnitude[at] = length;
      }
    }
  }
  return { stride, width, height, dx, dy, magnitude };
}

const tangent22 = 13573; // tan 22.5° · 2¹⁵; tan 67.5° is 2 more

const [weakRidge, strongRidge] = [1, 2];

/** Where the gradient is above `weak` and no smaller than its neighbours in its own direction, of which there are four. */
function ridges(
  { stride, width, height, dx, dy, magnitude }: Gradient,
  { weak, strong }: { weak: number; strong: number },
): Uint8Array {
  const found = new Uint8Array(magnitude.length);
  for (let y = 1; y <= height; y++) {
    for (let at = y * stride + 1; at <= y * stride + width; at++) {
      const m = magnitude[at];
      if (m <= weak) continue;
      const across = Math.abs(dx[at]);
      const down = Math.abs(dy[at]) * 2 ** 15;
      const flat = across * tangent22;
      const isDiagonal = down >= flat && down <= flat + across * 2 ** 16;
      const step = isDiagonal ? stride + (dx[at] < 0 !== dy[at] < 0 ? -1 : 1) : down < flat ? 1 : stride;
      // Of two that are equal the second counts; on diagonals neither.
      const isRidge = m > magnitude[at - step] && (isDiagonal ? m > magnitude[at + step] : m >= magnitude[at + step]);
      if (isRidge) found[at] = m > strong ? strongRidge : weakRidge;
    }
  }
  return found;
}

/** 255 where ridges are strong, and where weak ones touch those, at their sides or corners. */
function connected(found: Uint8Array, { stride, width, height }: Gradient): Uint8Array {
  const edges = new Uint8Array(width * height);
  const open: number[] = [];
  found.forEach((ridge, at) => ridge === strongRidge && open.push(at));
  while (open.length > 0) {
    const at = open.pop()!;
    edges[(Math.floor(at / stride) - 1) * width + (at % stride) - 1] = 255;
    for (const row of [-stride, 0, stride]) {
      for (let next = at + row - 1; next <= at + row + 1; next++) {
        if (found[next] !== weakRidge) continue;
        found[next] = strongRidge;
        open.push(next);
      }
    }
  }
  return edges;
}
