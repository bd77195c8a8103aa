// What "faithful" means here, as data: a figure that is measured against the reference implementation and the bound it
// keeps. Tests assert every case; `npm run fidelity` prints them.

import type { Device, Engine } from "@noisette/core/runtime/engine";

/** Kinds of figures: how each is called, which way it is better, how it is written. */
export const figures = {
  /** max|ours − reference| / max|reference|. */
  relativeError: { title: "relative error", better: "lower", format: (figure: number) => figure.toExponential(1) },
  /** Peak signal-to-noise ratio of a picture of bytes; Infinity when all are equal. */
  psnr: { title: "PSNR, dB", better: "higher", format: (figure: number) => figure.toFixed(1) },
} as const;

/** One thing that is compared with the reference. */
export interface FidelityCase {
  /** Model, network or picture, output: "sd1/unet, sample.0". */
  readonly name: string;
  readonly figure: keyof typeof figures;
  /** The bound on each device that the case is for; a device without one is not measured. */
  readonly bounds: Partial<Record<Device, number>>;
  /** The figure on `device`. Networks are run on `engine`, which is open on that device; pictures may open their own. */
  measure(on: { readonly device: Device; readonly engine: Engine }): Promise<number>;
}

/** Whether `measured` keeps the case's bound on `device`; a figure that is not a number keeps none. */
export function keepsBound({ figure, bounds }: FidelityCase, device: Device, measured: number): boolean {
  const bound = bounds[device]!;
  return figures[figure].better === "lower" ? measured <= bound : measured >= bound;
}

/** max|actual − expected| / max|expected|; NaN when a value is, or when lengths differ. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return NaN;
  let [worst, scale] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    if (Number.isNaN(difference)) return NaN;
    worst = Math.max(worst, difference);
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return worst / scale;
}
