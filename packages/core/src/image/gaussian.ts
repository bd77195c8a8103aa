// A Gaussian of pixels: along rows, then along columns; pictures end in a mirror (…2 1 0 1 2…).

/** Rows of values with some channels. */
export interface Values {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: ArrayLike<number>;
}

/** A Gaussian's standard deviation, and how far it reaches, in pixels. */
export interface Bell {
  readonly sigma: number;
  readonly radius: number;
}

/** exp(−d²/2σ²) for d = −radius … radius, divided by their sum. */
export function gaussianWeights({ sigma, radius }: Bell): number[] {
  const bell = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)));
  const sum = bell.reduce((a, b) => a + b, 0);
  return bell.map((value) => value / sum);
}

/** `values` blurred by a Gaussian of `sigma` pixels that is cut off beyond `radius` of them, in float32. */
export function gaussianBlur({ width, height, channels, data }: Values, { sigma, radius }: Bell): Float32Array {
  const weights = gaussianWeights({ sigma, radius });
  const row = width * channels;
  const across = mirroredPlaces(width, { radius, step: channels });
  const wide = new Float32Array(data.length);
  for (let y = 0; y < height; y++)
    for (let c = 0; c < channels; c++) weighLine(data, wide, { start: y * row + c, places: across, weights });
  const down = mirroredPlaces(height, { radius, step: row });
  const blurred = new Float32Array(data.length);
  for (let i = 0; i < row; i++) weighLine(wide, blurred, { start: i, places: down, weights });
  return blurred;
}

/** The radius that OpenCV's GaussianBlur takes where none is given: 3 σ for bytes, 4 σ for floats, rounded. */
export const opencvRadius = (sigma: number, of: "bytes" | "floats"): number =>
  (Math.round(2 * sigma * (of === "bytes" ? 3 : 4) + 1) | 1) >> 1;

interface WeighedLine {
  readonly start: number;
  readonly places: Int32Array;
  readonly weights: readonly number[];
}

function weighLine(from: ArrayLike<number>, to: Float32Array, { start, places, weights }: WeighedLine): void {
  const radius = (weights.length - 1) / 2;
  for (let i = 0; i < places.length - 2 * radius; i++) {
    let sum = 0;
    for (let k = 0; k < weights.length; k++) sum += weights[k] * from[start + places[i + k]];
    to[start + places[i + radius]] = sum;
  }
}

/** Where each place of a line lies, from `radius` before its start to as far behind its end: …2 1 0 1 2 … n−2 n−1 n−2 … times `step`. */
function mirroredPlaces(length: number, { radius, step }: { radius: number; step: number }): Int32Array {
  const period = Math.max(1, 2 * (length - 1));
  return Int32Array.from({ length: length + 2 * radius }, (_, i) => {
    const inside = (((i - radius) % period) + period) % period;
    return step * Math.min(inside, period - inside);
  });
}
