// The colours around a hole, carried into it: "push–pull" (S. J. Gortler et al., "The Lumigraph", 1996, §3.4). Each level
// of a pyramid holds the means of what is known; on the way back up what is unknown comes from the level below.

import type { Image } from "./image.ts";
import type { Mask } from "./mask.ts";
import { premultiplied, unpremultiplied } from "./premultiplied.ts";

/**
 * `image` with what `mask` paints filled from its surroundings, as far as it paints: their transparency too, and colours by how
 * much of them is seen. Grey where nothing is kept.
 */
export function filled(image: Image, mask: Mask): Image {
  const { width, height, channels, data } = image;
  const count = width * height;
  const colours = Float32Array.from(channels === 4 ? premultiplied(data) : data);
  const known: Level = {
    width,
    height,
    channels,
    colours,
    weights: Float32Array.from(mask.data, (value) => 1 - value / 255),
  };
  const whole = Uint8Array.from(pulled(known), (value) => Math.round(value));
  const straight = channels === 4 ? unpremultiplied(whole) : whole;
  // What is kept wholly keeps its bytes, colours of what is not seen among them.
  for (let i = 0; i < count; i++)
    if (mask.data[i] === 0) straight.set(data.subarray(i * channels, (i + 1) * channels), i * channels);
  return { ...image, data: straight };
}

interface Level {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
  /** `channels` a pixel, times alpha where there is one. */
  readonly colours: Float32Array;
  /** How much of a pixel is known, 0 … 1. */
  readonly weights: Float32Array;
}

/** Half of each, colours times alpha. */
const greys = { 3: Float32Array.of(127.5, 127.5, 127.5), 4: Float32Array.of(63.75, 63.75, 63.75, 127.5) } as const;

// The colours of `level`, where they are not known those of the half-sized one.
function pulled(level: Level): Float32Array {
  const { width, height, channels, colours, weights } = level;
  if (weights.every((weight) => weight === 1)) return colours;
  if (width === 1 && height === 1) return weights[0] > 0 ? colours : greys[channels];
  const half = pushed(level);
  const below = pulled(half);
  const out = new Float32Array(colours.length);
  for (let y = 0; y < height; y++) {
    const vertical = between(y, half.height);
    for (let x = 0; x < width; x++) {
      const horizontal = between(x, half.width);
      const i = y * width + x;
      for (let c = 0; c < channels; c++) {
        const at = (row: number, column: number) => below[channels * (row * half.width + column) + c];
        const line = (row: number) =>
          (1 - horizontal.part) * at(row, horizontal.first) + horizontal.part * at(row, horizontal.second);
        const smooth = (1 - vertical.part) * line(vertical.first) + vertical.part * line(vertical.second);
        const place = channels * i + c;
        out[place] = weights[i] * colours[place] + (1 - weights[i]) * smooth;
      }
    }
  }
  return out;
}

// Means of 2 × 2 pixels, by how much of each is known.
function pushed({ width, height, channels, colours, weights }: Level): Level {
  const half = { width: Math.ceil(width / 2), height: Math.ceil(height / 2), channels };
  const count = half.width * half.height;
  const level = { ...half, colours: new Float32Array(channels * count), weights: new Float32Array(count) };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [from, to] = [y * width + x, (y >> 1) * half.width + (x >> 1)];
      level.weights[to] += weights[from];
      for (let c = 0; c < channels; c++)
        level.colours[channels * to + c] += weights[from] * colours[channels * from + c];
    }
  }
  for (let i = 0; i < count; i++) {
    if (level.weights[i] === 0) continue;
    for (let c = 0; c < channels; c++) level.colours[channels * i + c] /= level.weights[i];
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
