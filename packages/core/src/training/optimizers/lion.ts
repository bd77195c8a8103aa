// Lion (arXiv 2302.06675, algorithm 2): the sign of an average of gradients. Its steps are all of one size, so it wants
// a learning rate 3 to 10 times smaller than AdamW's and a weight decay as much larger.

import { add, multiply, sign, subtract } from "../../graph/ops/elementwise.ts";
import { scalar } from "../../graph/ops/source.ts";
import type { Value } from "../../graph/value.ts";
import { decayed } from "./optimizer.ts";
import type { Optimizer } from "./optimizer.ts";

/** Options of `kind: "lion"`. */
export interface LionOptions {
  /** How much of the average is kept for the step, and for the next average: 0.9 and 0.99 by default. */
  readonly betas?: readonly [number, number];
}

/** c = β₁m + (1−β₁)g, w ← w − η·(sign c + λw), m ← β₂m + (1−β₂)g. */
export function lion({ betas: [beta1, beta2] = [0.9, 0.99] }: LionOptions): Optimizer {
  const mix = (m: Value, g: Value, beta: number) => add(multiply(m, scalar(beta)), multiply(g, scalar(1 - beta)));
  return {
    slots: (dims) => ({ mean: dims }),
    scalars: ({ learningRate, weightDecay }) => ({ rate: learningRate, keep: 1 - learningRate * weightDecay }),
    step(step) {
      const { gradient, slots, scalars } = step;
      const direction = sign(mix(slots.mean, gradient, beta1));
      return {
        parameter: subtract(decayed(step), multiply(direction, scalars.rate)),
        slots: { mean: mix(slots.mean, gradient, beta2) },
      };
    },
  };
}
