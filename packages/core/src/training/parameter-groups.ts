// Which parameters learn how fast and decay how much.

import { isEmbedding } from "./optimizers/optimizer.ts";
import type { Optimizer } from "./optimizers/optimizer.ts";
import { optimizerOf } from "./optimizers/index.ts";
import type { OptimizerChoice } from "./optimizers/index.ts";

/** Tells parameters by name and shape. */
export type ParameterPredicate = (parameter: string, dims: readonly number[]) => boolean;

/** An optimizer and what it does to whom. */
export type OptimizerOptions = OptimizerChoice & {
  /** 0 by default. */
  readonly weightDecay?: number;
  /** Parameters without weight decay; see `parameterKinds`. */
  readonly exclude?: ParameterPredicate;
  /** Parameters that are treated differently: the first group that matches counts. */
  readonly groups?: readonly ParameterGroup[];
};

/** Parameters that are treated alike. */
export interface ParameterGroup {
  readonly matches: ParameterPredicate;
  /** Factor on the learning rate: 1 by default. */
  readonly learningRate?: number;
  /** The optimizer's by default. */
  readonly weightDecay?: number;
}

/** What is usually left without weight decay. */
export const parameterKinds: Readonly<Record<"norms" | "biases" | "embeddings", ParameterPredicate>> = {
  /** Weights of normalizations, and single numbers. */
  norms: (name, dims) => dims.length < 2 && !name.endsWith("bias"),
  biases: (name) => name.endsWith("bias"),
  embeddings: isEmbedding,
};

/** How parameters are trained: those of one treatment share their scalars. */
export interface Treatment {
  /** Factor on the learning rate. */
  readonly learningRate: number;
  readonly weightDecay: number;
}

/** An optimizer with the treatments that its parameters get. */
export interface OptimizerPlan {
  readonly optimizer: Optimizer;
  readonly treatments: readonly Treatment[];
  /** The index of a parameter's treatment. */
  treatmentOf(parameter: string): number;
}

/** The plan of `options` for parameters of the given shapes. */
export function planOptimizer(
  { weightDecay = 0, exclude = () => false, groups = [], ...choice }: OptimizerOptions,
  parameters: Iterable<readonly [name: string, dims: readonly number[]]>,
): OptimizerPlan {
  const treatments: Treatment[] = [];
  const chosen = new Map<string, number>();
  for (const [name, dims] of parameters) {
    const group = groups.find(({ matches }) => matches(name, dims));
    const own: Treatment = {
      learningRate: group?.learningRate ?? 1,
      weightDecay: exclude(name, dims) ? 0 : (group?.weightDecay ?? weightDecay),
    };
    const known = treatments.findIndex(
      (other) => other.learningRate === own.learningRate && other.weightDecay === own.weightDecay,
    );
    chosen.set(name, known >= 0 ? known : treatments.push(own) - 1);
  }
  return {
    optimizer: optimizerOf(choice as OptimizerChoice),
    treatments,
    treatmentOf: (parameter) => chosen.get(parameter)!,
  };
}
