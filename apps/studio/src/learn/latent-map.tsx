// Latents as one sees them: a field for each channel, orange above zero, blue below.

import type { Tensor } from "@noisette/core/tensor/tensor";
import { useLayoutEffect, useRef } from "preact/hooks";

/** [red, green, blue] at −1, 0 and 1. */
const colours = [
  [38, 84, 160],
  [250, 246, 240],
  [200, 92, 20],
] as const;
/** Values that far from zero, in standard deviations of noise, have the full colour. */
const reach = 2.5;

/** Latents [1,C,h,w] as a square of fields, called `label`. */
export function LatentMap({ latents, label }: { latents: Tensor | undefined; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (latents === undefined || canvas.current === null) return;
    const { width, height, data } = latentPixels(latents);
    canvas.current.width = width;
    canvas.current.height = height;
    canvas.current.getContext("2d")!.putImageData(new ImageData(data, width, height), 0, 0);
  }, [latents]);
  return latents === undefined ? (
    <div class="picture awaited" role="img" aria-label={label} />
  ) : (
    <canvas ref={canvas} class="picture sharp latent-map" role="img" aria-label={label} />
  );
}

/** The channels of [1,C,h,w] side by side in rows, with a line of nothing between them. */
export function latentPixels({ dims: [, channels, h, w], data }: Tensor): {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
} {
  const columns = Math.ceil(Math.sqrt(channels));
  const [width, height] = [columns * (w + 1) - 1, Math.ceil(channels / columns) * (h + 1) - 1];
  const pixels = new Uint8ClampedArray(4 * width * height);
  for (let c = 0; c < channels; c++) {
    const [left, top] = [(c % columns) * (w + 1), Math.floor(c / columns) * (h + 1)];
    for (let i = 0; i < h * w; i++) {
      const at = 4 * ((top + Math.floor(i / w)) * width + left + (i % w));
      pixels.set(colourOf(data[c * h * w + i] / reach), at);
      pixels[at + 3] = 255;
    }
  }
  return { width, height, data: pixels };
}

function colourOf(value: number): number[] {
  const share = Math.min(Math.abs(value), 1);
  const end = colours[value < 0 ? 0 : 2];
  return colours[1].map((middle, i) => middle + share * (end[i] - middle));
}
