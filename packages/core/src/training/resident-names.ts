// What the tensors of a training are called in the engine, in its graphs and in its saved state.

/** Names by the parameter they belong to. */
export const residentNames = {
  weight: (parameter: string) => `weights.${parameter}`,
  /** Its moving average. */
  average: (parameter: string) => `averages.${parameter}`,
  /** What the optimizer remembers of it. */
  slot: (parameter: string, slot: string) => `optimizer.${slot}.${parameter}`,
  /** The sum of its gradients over batches. */
  gradientSum: (parameter: string) => `gradients.${parameter}`,
  /** The graph's output with a resident's next value. */
  next: (resident: string) => `next.${resident}`,
} as const;
