// What a token's weight does to its state. A formula each; z is [T,D] for one chunk, w a weight per place.

import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";

/** The same chunk of each text of a prompt, and of the empty prompt. */
export interface EmphasisInput {
  /** States [1,T,D], one for each text that the prompt has over its steps. */
  readonly states: readonly Tensor[];
  /** Weights [T] of each. */
  readonly weights: readonly (readonly number[])[];
  /** States [1,T,D] of the empty prompt; only asked for where a formula needs it. */
  readonly empty: () => Promise<Tensor>;
}

/** One way to apply weights. */
export interface EmphasisRow {
  readonly summary: string;
  readonly apply: (input: EmphasisInput) => Promise<readonly Tensor[]>;
}

/** The ways to apply weights, by id. */
export const emphases = {
  original: {
    summary: "A1111's: multiply, then restore the mean",
    // z′ = w·z · mean(z)/mean(w·z), the means over all texts of the prompt at once.
    apply: async ({ states, weights }) => {
      if (weights.every((row) => row.every((weight) => weight === 1))) return states;
      const weighted = states.map((state, i) => multiplied(state, weights[i]));
      const factor = meanOf(states) / meanOf(weighted);
      return weighted.map(({ dims, data }) =>
        tensor(
          dims,
          data.map((value) => value * factor),
        ),
      );
    },
  },
  "no-norm": {
    summary: "multiply",
    apply: async ({ states, weights }) => states.map((state, i) => multiplied(state, weights[i])),
  },
  comfyui: {
    summary: "ComfyUI's: away from the empty prompt",
    // z′ = z∅ + w·(z − z∅)
    apply: async ({ states, weights, empty }) => {
      if (weights.every((row) => row.every((weight) => weight === 1))) return states;
      const { data: none } = await empty();
      return states.map(({ dims, data }, i) => {
        const width = dims[2];
        return tensor(
          dims,
          data.map((value, at) => {
            const weight = weights[i][Math.floor(at / width)];
            return weight === 1 ? value : none[at] + weight * (value - none[at]);
          }),
        );
      });
    },
  },
  ignore: { summary: "weights are read and not applied", apply: async ({ states }) => states },
  none: { summary: "brackets are text", apply: async ({ states }) => states },
} satisfies Record<string, EmphasisRow>;

/** A way's id. */
export type EmphasisId = keyof typeof emphases;

function multiplied({ dims, data }: Tensor, weights: readonly number[]): Tensor {
  const width = dims[2];
  return tensor(
    dims,
    data.map((value, at) => value * weights[Math.floor(at / width)]),
  );
}

function meanOf(states: readonly Tensor[]): number {
  let [sum, count] = [0, 0];
  for (const { data } of states) {
    for (const value of data) sum += value;
    count += data.length;
  }
  return sum / count;
}
