// Gives every parameter of a graph the stored tensor that holds it, or says which is missing and where.

import { closestName } from "../safetensors/closest-name.ts";
import type { StoredTensor, StoredTensors } from "../tensor/stored.ts";
import { elementCount } from "../tensor/tensor.ts";
import type { Graph } from "./graph.ts";
import { parametersOf } from "./graph.ts";

/** Stored tensors by parameter name: all that a graph needs. */
export type Bindings = ReadonlyMap<string, StoredTensor>;

/**
 * The tensors of `stored` that `graph` uses. Throws Error when a name is missing (the closest one is named) or its
 * shape is not the network's; [C,C,1,1] for [C,C] and the like, which hold the same elements in the same order, fit.
 */
export function bind(graph: Graph, stored: StoredTensors, source: string): Bindings {
  const bound = new Map<string, StoredTensor>();
  for (const { name, dims } of parametersOf(graph)) {
    const found = stored.get(name);
    if (found === undefined) {
      const closest = closestName(name, [...stored.keys()]);
      throw new Error(
        `Cannot load "${source}": missing "${name}"${closest === undefined ? "" : ` (closest: "${closest}")`}`,
      );
    }
    const actual = found.transposed ? [...found.dims].reverse() : found.dims;
    if (squeezed(actual) !== squeezed(dims)) {
      throw new Error(`Cannot load "${source}": "${name}" is [${actual}] ([${dims}] is wanted)`);
    }
    bound.set(name, found);
  }
  return bound;
}

/** Sizes without ones, as text; two shapes with the same text hold the same elements in the same order. */
export const squeezed = (dims: readonly number[]): string => `${elementCount(dims)}:${dims.filter((dim) => dim !== 1)}`;
