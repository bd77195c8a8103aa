// The colours around a hole, carried into it: "push–pull" (S. J. Gortler et al., "The Lumigraph", 1996, §3.4). Each level
// of a pyramid holds the means of what is known; on the way back up what is unknown comes from the level below.

import type { Image } from "./image.ts";
import type { Mask } from "./mask.ts";

/** `image` with what `mask` paints filled from its surroundings, as far as it paints. Grey where nothing is kept. */
export function filled(image: Image, mask: Mask): Image {
  const { width, height, channels } = image;
  const count = width * height;
  const known: Level = { width, height, colours: new Float32Array(3 * count), weights: new Float32Array(count) };
  for (let i = 0; i < count; i++) {
    known.weights[i] = 1 - mask.data[i] / 255;
    for (let c = 0; c < 3; c++) known.colours[3 * i + c] = image.data[i * channels + c];
  }
  const whole = pulled(known);
  const data = image.data.slice();
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) data[i * channels + c] = Math.round(whole[3 * i + c]);
  }
  return { ...image, data };
}

interface Level {
  readonly width: number;
  readonly height: number;
  /** Three a pixel. */
  readonly colours: Float32Array;
  /** How much of a pixel is known, 0 … 1. */
  readonly weights: Float32Array;
}

// The colours of `level`, where they are not known those of the half-sized one.
function pulled(level: Level): Float32Array {
  const { width, height, colours, weights } = level;
  if (weights.every((weight) => weight === 1)) return colours;
  if (width === 1 && height === 1) return weights[0] > 0 ? colours : new Float32Array(3).fill(127.5);
  const half = pushed(level);
  const below = pulled(half);
  const out = new Float32Array(colours.length);
  for (let y = 0; y < height; y++) {
    const vertical = between(y, half.height);
    for (let x = 0; x < width; x++) {
      const horizontal = between(x, half.width);
      const i = y * width + x;
      for (let c = 0; c < 3; c++) {
        const at = (row: number, column: number) => below[3 * (row * half.width + column) + c];
        const line = (row: number) =>
          (1 - horizontal.part) * at(row, horizontal.first) + horizontal.part * at(row, horizontal.second);
        const smooth = (1 - vertical.part) * line(vertical.first) + vertical.part * line(vertical.second);
        out[3 * i + c] = weights[i] * colours[3 * i + c] + (1 - weights[i]) * smooth;
      }
    }
  }
  return out;
}

// Means of 2 × 2 pixels, by how much of each is known.
function pushed({ width, height, colours, weights }: Level): Level {
  const half = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  const count = half.width * half.height;
  const level = { ...half, colours: new Float32Array(3 * count), weights: new Float32Array(count) };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [from, to] = [y * width + x, (y >> 1) * half.width + (x >> 1)];
      level.weights[to] += weights[from];
      for (let c = 0; c < 3; c++) level.colours[3 * to + c] += weights[from] * colours[3 * from + c];
    }
  }
  for (let i = 0; i < count; i++) {
    if (level.weights[i] === 0) continue;
    for (let c = 0; c < 3; c++) level.colours[3 * i + c] /= level.weights[i];
    level.weights[i] = Math.min(level.weights[i], 1);
  }
  return level;
}

// Where pixel i lies between the centres of the half-sized line.
function between(i: number, length: number): { first: number; second: number; part: number } {
  const position = Math.min(Math.max((i - 0.5) / 2, 0), length - 1);
  const first = Math.floor(position);
  return { first, second: Math.min(first + 1, length - 1), part: position - first };
}
