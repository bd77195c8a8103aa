// Between pictures and tensors [N,3,H,W] in [-1,1], rounded exactly as diffusers' VaeImageProcessor does.

import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Image } from "./image.ts";

/** x [N,C,H,W] in [-1,1], C = 3 or 4 → N pictures: x/2 + 0.5, clamped to [0,1], ×255, halves to even. Throws RangeError on another C. */
export function imagesFromTensor({ dims, data }: Tensor): Image[] {
  const [count, channels, height, width] = dims;
  if (dims.length !== 4 || (channels !== 3 && channels !== 4)) {
    throw new RangeError(`Cannot make pictures from [${dims}]: [N,3,H,W] or [N,4,H,W] is wanted`);
  }
  const area = height * width;
  return Array.from({ length: count }, (_, n) => {
    const samples = new Uint8Array(area * channels);
    for (let c = 0; c < channels; c++) {
      const plane = (n * channels + c) * area;
      for (let i = 0; i < area; i++) samples[i * channels + c] = toByte(data[plane + i]);
    }
    return { width, height, channels, data: samples };
  });
}

/** A picture → [1,3,H,W] in [-1,1], v/127.5 − 1. Alpha is left out. */
export function tensorFromImage({ width, height, channels, data }: Image): Tensor {
  const area = width * height;
  const x = tensor([1, 3, height, width]);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < area; i++) x.data[c * area + i] = data[i * channels + c] / 127.5 - 1;
  }
  return x;
}

/** Float32 arithmetic throughout, as numpy and torch do it. */
function toByte(value: number): number {
  const unit = Math.min(Math.max(Math.fround(Math.fround(value / 2) + 0.5), 0), 1);
  const scaled = Math.fround(unit * 255);
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
