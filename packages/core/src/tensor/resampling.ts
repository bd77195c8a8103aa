// Resampling along one line: which source values make up each target value, and with what weights. A filter is a function
// of the distance in source samples; shrinking widens it ("antialias"), as Pillow and torch's `interpolate` do.

/** A resampling kernel: its value at a distance, zero beyond `support`. */
export interface ResamplingFilter {
  readonly support: number;
  readonly value: (distance: number) => number;
}

// R. Keys, "Cubic convolution interpolation for digital image processing" (1981), eq. 4, with its parameter a.
const cubic =
  (a: number) =>
  (x: number): number =>
    x < 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** The kernels by name: `cubic` is Pillow's and antialiased torch's (a = −½), `cubicTorch` torch's own (a = −¾). */
export const resamplingFilters = {
  box: { support: 0.5, value: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  linear: { support: 1, value: (x) => Math.max(0, 1 - Math.abs(x)) },
  cubic: { support: 2, value: (x) => cubic(-0.5)(Math.abs(x)) },
  cubicTorch: { support: 2, value: (x) => cubic(-0.75)(Math.abs(x)) },
  lanczos: { support: 3, value: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
} satisfies Record<string, ResamplingFilter>;

/** What makes up one target value: `weights` over the source from `first` on. */
export interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** The taps of `to` values over a line of `from`, the filter widened where the line shrinks; they stay inside and sum to 1. */
export function antialiasTaps(from: number, to: number, { support, value }: ResamplingFilter): Taps[] {
  const scale = from / to;
  const width = Math.max(scale, 1);
  const reach = support * width;
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * scale;
    const first = Math.max(Math.trunc(center - reach + 0.5), 0);
    const end = Math.min(Math.trunc(center + reach + 0.5), from);
    const weights = Array.from({ length: end - first }, (_, k) => value((first + k - center + 0.5) / width));
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

/** The taps without widening: what falls outside the line counts for its end (torch's `interpolate`, align_corners false). */
export function interpolationTaps(from: number, to: number, { support, value }: ResamplingFilter): Taps[] {
  return Array.from({ length: to }, (_, i) => {
    const center = ((i + 0.5) * from) / to - 0.5;
    const start = Math.floor(center) - Math.ceil(support) + 1;
    const first = Math.min(Math.max(start, 0), from - 1);
    const last = Math.min(Math.max(start + 2 * Math.ceil(support) - 1, 0), from - 1);
    const weights = new Array<number>(last - first + 1).fill(0);
    for (let k = start; k < start + 2 * Math.ceil(support); k++) {
      weights[Math.min(Math.max(k, 0), from - 1) - first] += value(k - center);
    }
    return { first, weights };
  });
}

/** Two neighbours for each target value, places counted from the line's edge: TensorFlow 1's resize_bilinear. */
export function edgeBilinearTaps(from: number, to: number): Taps[] {
  const scale = Math.fround(from / to);
  return Array.from({ length: to }, (_, i) => {
    const place = Math.fround(i * scale);
    const first = Math.min(Math.floor(place), from - 1);
    const fraction = place - Math.floor(place);
    return { first, weights: first === from - 1 ? [1] : [1 - fraction, fraction] };
  });
}

/** Two neighbours for each target value, the first and last places of both lines on each other (align_corners true). */
export function cornerBilinearTaps(from: number, to: number): Taps[] {
  const scale = to > 1 ? Math.fround((from - 1) / (to - 1)) : 0;
  return Array.from({ length: to }, (_, i) => {
    const place = Math.fround(i * scale);
    const first = Math.min(Math.floor(place), from - 1);
    const fraction = place - first;
    return { first, weights: first === from - 1 ? [1] : [1 - fraction, fraction] };
  });
}

/** One source value for each target value: at its left edge ("nearest"), or at its middle ("nearest-exact"). */
export function nearestTaps(from: number, to: number, at: "edge" | "middle"): Taps[] {
  return Array.from({ length: to }, (_, i) => {
    const position = ((at === "edge" ? i : i + 0.5) * from) / to;
    return { first: Math.min(Math.floor(position), from - 1), weights: [1] };
  });
}
