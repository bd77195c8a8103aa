// A graph run once: for checks, tests and experiments. Pictures keep their networks loaded instead.

import type { Graph } from "../graph/graph.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import type { Engine } from "./engine.ts";

/** Loads `graph` with the weights `tensors` (none by default), runs it on `feeds`, unloads it: the outputs by name. */
export async function evaluate(
  engine: Engine,
  graph: Graph,
  feeds: Readonly<Record<string, AnyTensor>> = {},
  { tensors = new Map(), source = "no checkpoint" }: { tensors?: StoredTensors; source?: string } = {},
): Promise<Record<string, Tensor>> {
  const network = await engine.load(graph, tensors, { source });
  try {
    return await network.run(feeds);
  } finally {
    await network.unload();
  }
}
