// Live adapters: a network that takes the low-rank factors of its layers as inputs, so that one loaded session serves any
// LoRA, of any rank, several at once, and changing them loads nothing. With adapters 1…A of weights w, a layer computes
//
//   Wx + U·diag(S·w)·Dx,   D = [D₁; …; D_A],  U = [U₁ … U_A],  S[row of adapter a, a] = alpha/rank, else 0
//
// D, U and S stay in the engine; only w [1,A] is fed, and may differ from run to run. Layers of one name, as all to_q, have one
// rank, the largest that any of them needs: ONNX Runtime 1.30 plans memory for each unknown size apart, and with one for
// each layer opening a session takes time with the square of their number (4.6 s where it is 0.8 s without any).

import { symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { linear } from "../graph/ops/linear-algebra.ts";
import type { ParameterAttributes } from "../graph/ops/source.ts";
import { input } from "../graph/ops/source.ts";
import { adaptableWeights, lowRank } from "../graph/passes/low-rank.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import type { LowRankFactors } from "./forms/index.ts";

/** Which layers take factors: convolutions cost time even without any, and few adapters change them. */
export type LiveLayers = "linear" | "all";

/** One adapter's changes to one network, by parameter. */
export type LiveChanges = ReadonlyMap<string, LowRankFactors>;

/** The input that holds the adapters' weights [1,A]. */
export const weightsInput = "adapterWeights";

/** The weights of `graph` that live adapters can change. */
export const liveWeights = (graph: Pick<Graph, "values">, layers: LiveLayers): readonly ParameterAttributes[] =>
  adaptableWeights(graph).filter(({ dims }) => layers === "all" || dims.length === 2);

/** Whether the layers with `weights` are enough for changes of `parameters`. */
export const takes = (weights: readonly ParameterAttributes[], parameters: ReadonlySet<string> = new Set()): boolean =>
  weights.filter(({ name }) => parameters.has(name)).length === parameters.size;

/**
 * The weights of `graph` that are to take factors: none without live adapters, else those of all linear layers, and of
 * convolutions too where one is changed now or took factors before. Throws Error when a parameter is no such weight.
 */
export function weightsToTake(
  graph: Graph,
  { live = new Set(), before = [] }: { live?: ReadonlySet<string>; before?: readonly ParameterAttributes[] },
): readonly ParameterAttributes[] {
  if (live.size === 0) return [];
  const names = new Set([...live, ...before.map(({ name }) => name)]);
  const found = (["linear", "all"] as const).map((layers) => liveWeights(graph, layers));
  const enough = found.find((weights) => takes(weights, names));
  if (enough !== undefined) return enough;
  const strange = [...names].find((name) => !found[1].some((weight) => weight.name === name));
  throw new Error(
    `Cannot use an adapter live: "${strange}" is no weight of a linear layer or convolution (mergeAdapters is wanted)`,
  );
}

/** `graph` with inputs `adapterWeights` and, for each of `weights`, its factors: those that `liveTensors` makes. */
export function withLiveFactors(graph: Graph, weights: readonly ParameterAttributes[]): Graph {
  const names = new Set(weights.map(({ name }) => name));
  const adapters = symbol("adapters");
  const current = input(weightsInput, [1, adapters]);
  return lowRank(graph, ({ name, dims: [out, ...rest] }) => {
    if (!names.has(name)) return undefined;
    const rank = symbol(rankName(name));
    return {
      down: input(`${name}/down`, [rank, ...rest]),
      up: input(`${name}/up`, [out, rank]),
      scale: linear(current, input(`${name}/scales`, [rank, adapters])),
    };
  });
}

/** The name of the rank that the layer with `weight` shares with others: "to_q_rank". */
const rankName = (weight: string): string =>
  `${
    weight
      .split(".")
      .slice(0, -1)
      .findLast((segment) => !/^\d+$/.test(segment)) ?? "layer"
  }_rank`;

/** D, U and S of each of `weights` for `adapters`, by the names of their inputs; rows that no adapter fills are zeros. */
export function liveTensors(
  weights: readonly ParameterAttributes[],
  adapters: readonly LiveChanges[],
): Record<string, Tensor> {
  const ranks = new Map<string, number>();
  for (const { name } of weights) {
    const own = adapters.reduce((sum, adapter) => sum + (adapter.get(name)?.down.dims[0] ?? 0), 0);
    // ONNX Runtime has no product over no rows.
    ranks.set(rankName(name), Math.max(1, own, ranks.get(rankName(name)) ?? 0));
  }
  const tensors: Record<string, Tensor> = {};
  for (const { name, dims } of weights) {
    const [out, ...rest] = dims;
    const rank = ranks.get(rankName(name))!;
    const width = Math.max(1, adapters.length);
    const scales = tensor([rank, width]);
    // One that fills all rows is taken as it is.
    const whole = adapters.map((adapter) => adapter.get(name)).find((form) => form?.down.dims[0] === rank);
    const down = tensor([rank, ...rest], whole?.down.data);
    const up = tensor([out, rank], whole?.up.data);
    let row = 0;
    adapters.forEach((adapter, number) => {
      const form = adapter.get(name);
      if (form === undefined) return;
      const [own] = form.down.dims;
      for (let r = 0; r < own; r++) scales.data[(row + r) * width + number] = form.scale;
      if (form !== whole) {
        down.data.set(form.down.data, row * elementCount(rest));
        for (let o = 0; o < out; o++) up.data.set(form.up.data.subarray(o * own, (o + 1) * own), o * rank + row);
      }
      row += own;
    });
    Object.assign(tensors, { [`${name}/down`]: down, [`${name}/up`]: up, [`${name}/scales`]: scales });
  }
  return tensors;
}

/** How many adapters the tensors that `liveTensors` made are for. */
export function liveCount(dims: ReadonlyMap<string, readonly number[]>): number {
  for (const [name, [, count]] of dims) if (name.endsWith("/scales")) return count;
  throw new Error("Cannot count adapters: there are no factors");
}
