// A condition between two prompts: their states mixed along the straight line, or along the sphere.

import { lincomb } from "../tensor/lincomb.ts";
import { slerp } from "../tensor/slerp.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import type { TextStates } from "./conditioning.ts";

/** `from` at amount 0, `to` at 1. On the sphere, every token's vector turns by its own angle. Throws RangeError on different lengths. */
export function blendStates(
  from: TextStates,
  to: TextStates,
  { amount, along }: { amount: number; along: "lerp" | "slerp" },
): TextStates {
  const mix = (a: Tensor, b: Tensor): Tensor => {
    if (a.data.length !== b.data.length) {
      throw new RangeError(
        `Cannot blend prompts: their states are [${a.dims}] and [${b.dims}] (as many chunks of 75 tokens in both are wanted)`,
      );
    }
    const data =
      along === "lerp"
        ? lincomb([1 - amount, a.data], [amount, b.data])
        : slerp(a.data, b.data, amount, { dims: a.dims, axis: a.dims.length - 1 });
    return tensor(a.dims, data);
  };
  return {
    context: mix(from.context, to.context),
    pooled: from.pooled && to.pooled && mix(from.pooled, to.pooled),
  };
}
