// Changes to places of a latent.

import { tensor } from "@noisette/core/tensor/tensor";
import type { Tensor } from "@noisette/core/tensor/tensor";
import { TorchGenerator } from "@noisette/core/util/rng/torch-generator";

/** What can be done to a place. */
export const tools = ["erase", "noise"] as const;
/** One of them. */
export type Tool = (typeof tools)[number];

/** Places of the latent, by their index, and what was done to them. */
export type Edits = ReadonlyMap<number, Tool>;

/** Latents [1,C,h,w] with zeros where something was erased, and N(0,1) where it became noise. */
export function withEdits({ dims, data }: Tensor, edits: Edits): Tensor {
  const [, channels, h, w] = dims;
  const changed = data.slice();
  const noise = new TorchGenerator(1).randn(data.length);
  for (const [place, tool] of edits) {
    for (let c = 0; c < channels; c++) {
      const at = c * h * w + place;
      changed[at] = tool === "noise" ? noise[at] : 0;
    }
  }
  return tensor(dims, changed);
}
