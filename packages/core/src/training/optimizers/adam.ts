// Adam (arXiv 1412.6980), with weight decay apart from the gradient as AdamW (arXiv 1711.05101) or inside it, and
// AMSGrad (arXiv 1904.09237); as torch.optim.Adam and AdamW.

import { scalar } from "../../graph/ops/source.ts";
import { add, divide, maximum, multiply, sqrt, subtract } from "../../graph/ops/elementwise.ts";
import { decayed } from "./optimizer.ts";
import type { Optimizer } from "./optimizer.ts";

/** Options of `kind: "adamw"` and `kind: "adam"`. */
export interface AdamOptions {
  /** How much of the averages of gradient and squared gradient is kept: 0.9 and 0.999 by default. */
  readonly betas?: readonly [number, number];
  /** Added to the root: 1e-8 by default. */
  readonly epsilon?: number;
  /** Divides by the largest averages so far. */
  readonly amsgrad?: boolean;
}

/** Weight decay: λ·η·w off the weight ("apart"), or λ·w onto the gradient ("gradient"). */
export type DecayKind = "apart" | "gradient";

/**
 * m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², w ← w − η·m̂ / (√v̂ + ε) with m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ). The corrections move into
 * two scalars (§2 of the paper): η' = η·√(1−β₂ᵗ)/(1−β₁ᵗ), ε' = ε·√(1−β₂ᵗ), which is fewer passes over memory.
 */
export const adam =
  (decay: DecayKind) =>
  ({ betas: [beta1, beta2] = [0.9, 0.999], epsilon = 1e-8, amsgrad = false }: AdamOptions): Optimizer => ({
    slots: (dims) => ({ mean: dims, square: dims, ...(amsgrad && { largestSquare: dims }) }),
    scalars({ step, learningRate, weightDecay }) {
      const root = Math.sqrt(1 - beta2 ** step);
      return {
        rate: (learningRate * root) / (1 - beta1 ** step),
        epsilon: epsilon * root,
        keep: 1 - learningRate * weightDecay,
        decay: weightDecay,
      };
    },
    step(step) {
      const { parameter, slots, scalars, decays } = step;
      const g = decay === "gradient" && decays ? add(step.gradient, multiply(parameter, scalars.decay)) : step.gradient;
      const mean = add(multiply(slots.mean, scalar(beta1)), multiply(g, scalar(1 - beta1)));
      const square = add(multiply(slots.square, scalar(beta2)), multiply(multiply(g, g), scalar(1 - beta2)));
      const largestSquare = amsgrad ? maximum(slots.largestSquare, square) : square;
      const change = divide(multiply(mean, scalars.rate), add(sqrt(largestSquare), scalars.epsilon));
      return {
        parameter: subtract(decay === "apart" ? decayed(step) : parameter, change),
        slots: { mean, square, ...(amsgrad && { largestSquare }) },
      };
    },
  });
