// Stochastic gradient descent with momentum, as torch.optim.SGD; Nesterov's form after Sutskever et al. 2013, "On the
// importance of initialization and momentum in deep learning".

import { scalar } from "../../graph/ops/source.ts";
import { add, multiply, subtract } from "../../graph/ops/elementwise.ts";
import type { Optimizer } from "./optimizer.ts";

/** Options of `kind: "sgd"`. Its weight decay is added to the gradient. */
export interface SgdOptions {
  /** Share of the step before that is kept: 0 by default. */
  readonly momentum?: number;
  /** Share of the gradient that does not enter the momentum (after the first step): 0 by default. */
  readonly dampening?: number;
  /** Looks one step of momentum ahead. */
  readonly nesterov?: boolean;
}

/** v ← μ·v + (1−dampening)·g, w ← w − η·v; with Nesterov w ← w − η·(g + μ·v). Throws RangeError when Nesterov has no momentum. */
export function sgd({ momentum = 0, dampening = 0, nesterov = false }: SgdOptions): Optimizer {
  if (nesterov && (momentum === 0 || dampening !== 0)) {
    throw new RangeError('Cannot use "nesterov": momentum above 0 and no dampening are wanted');
  }
  return {
    slots: (dims): Record<string, readonly number[]> => (momentum === 0 ? {} : { velocity: dims }),
    scalars: ({ step, learningRate, weightDecay }) => ({
      rate: learningRate,
      decay: weightDecay,
      enters: step === 1 ? 1 : 1 - dampening,
    }),
    step({ parameter, gradient, slots, scalars, decays }): ReturnType<Optimizer["step"]> {
      const g = decays ? add(gradient, multiply(parameter, scalars.decay)) : gradient;
      if (momentum === 0) return { parameter: subtract(parameter, multiply(g, scalars.rate)), slots: {} };
      const entering = dampening === 0 ? g : multiply(g, scalars.enters);
      const velocity = add(multiply(slots.velocity, scalar(momentum)), entering);
      const direction = nesterov ? add(g, multiply(velocity, scalar(momentum))) : velocity;
      return { parameter: subtract(parameter, multiply(direction, scalars.rate)), slots: { velocity } };
    },
  };
}
