// Dead codes of a codebook: those that latents no longer come near get no gradient and would stay so. They are moved to latents of
// the batch (Jukebox, arXiv 2005.00341, §3.1: random restarts).

import type { Tensor } from "../../tensor/tensor.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { TorchGenerator } from "../../util/rng/torch-generator.ts";

/** What a revival looks at. */
export interface RevivalOptions {
  /** [K,D]. */
  readonly codebook: Tensor;
  /** Average uses of each code [K], 1 being its fair share. */
  readonly usage: Tensor;
  /** Latents of the batch [N,D,h,w]. */
  readonly latents: Tensor;
  /** Codes used less are dead. */
  readonly below: number;
  readonly draws: TorchGenerator;
}

/** The codebook with its dead codes at random latents, counted as used again, and how many they were. */
export function revivedCodes({ codebook, usage, latents, below, draws }: RevivalOptions): {
  readonly codebook: Tensor;
  readonly usage: Tensor;
  readonly revived: number;
} {
  const [count, width] = codebook.dims;
  const [n, , height, breadth] = latents.dims;
  const plane = height * breadth;
  const [codes, uses] = [codebook.data.slice(), usage.data.slice()];
  const places = draws.randperm(n * plane);
  let revived = 0;
  for (let code = 0; code < count; code++) {
    if (uses[code] >= below) continue;
    const place = places[revived++ % places.length];
    const [picture, at] = [Math.floor(place / plane), place % plane];
    for (let d = 0; d < width; d++) codes[code * width + d] = latents.data[(picture * width + d) * plane + at];
    uses[code] = 1;
  }
  return { codebook: tensor(codebook.dims, codes), usage: tensor(usage.dims, uses), revived };
}
