// Hypernetworks of AUTOMATIC1111 (after NovelAI's): two small networks for each width of context that attention in the UNet
// looks at, one for keys and one for values: k = W_k(c + w·h_k(c)), v = W_v(c + w·h_v(c)). Parameter names are those of the
// files: "linear.0.weight", counted as torch.nn.Sequential counts, activations and dropout included.

import { symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { add, multiply } from "../graph/ops/elementwise.ts";
import { input } from "../graph/ops/source.ts";
import { parameters } from "../graph/params.ts";
import type { MakeParameter, Params } from "../graph/params.ts";
import { projectionInputs } from "../graph/passes/projection-inputs.ts";
import type { Value } from "../graph/value.ts";
import { layerNorm, linear } from "../nn/layers.ts";
import { hypernetworkActivations } from "./hypernetwork-activations.ts";
import type { HypernetworkActivation } from "./hypernetwork-activations.ts";

/** What a hypernetwork is built like. */
export interface HypernetworkConfig {
  /** Widths of context that it changes. */
  readonly widths: readonly number[];
  /** Width of each layer as a multiple of the context's, from 1 to 1. */
  readonly layerStructure: readonly number[];
  readonly activation: HypernetworkActivation;
  /** Whether the last layer has the activation too. */
  readonly activateOutput: boolean;
  readonly layerNorm: boolean;
  /** Dropout after each layer, as long as `layerStructure`; but for training it only shows in the names. */
  readonly dropout: readonly number[];
}

/** Which of the two networks. */
export type HypernetworkHalf = "k" | "v";

/** Drops the share `rate` of x [..., D] while training; `place` is the module's path. */
export type Drop = (x: Value, rate: number, place: string) => Value;

/** h(x) of a width's network below `p`: x [..., D] → [..., D]. */
export function hypernetworkLayers(
  p: Params,
  x: Value,
  { layerStructure, activation, activateOutput, layerNorm: normalizes, dropout }: Omit<HypernetworkConfig, "widths">,
  drop: Drop = (kept) => kept,
): Value {
  const width = x.dims.at(-1) as number;
  const last = layerStructure.length - 1;
  let index = 0;
  const next = () => p.at("linear", index++);
  for (let i = 1; i <= last; i++) {
    const features = Math.trunc(width * layerStructure[i]);
    x = linear(next(), x, { features });
    if (activation !== "linear" && (i < last || activateOutput)) x = hypernetworkActivations[activation](x, next());
    if (normalizes) x = layerNorm(next(), x);
    if (dropout[i] > 0) x = drop(x, dropout[i], next().path);
  }
  return x;
}

/** What the names of the parameters of the hypernetwork number `index` begin with. */
export const hypernetworkPrefix = (index: number): string => `hypernetwork.${index}`;
/** The input with its strength. */
export const hypernetworkWeight = (index: number): string => `hypernetworkWeight.${index}`;

/**
 * The UNet `graph` with hypernetworks in the order given: each sees the context as those before it have made it. More inputs:
 * `hypernetworkWeight.i` []; more parameters: `hypernetwork.i.WIDTH.k.linear.…` and `.v.…`. For training, `make` makes
 * them and `drop` drops out.
 */
export function withHypernetworks(
  graph: Graph,
  configs: readonly HypernetworkConfig[],
  options: { readonly make?: MakeParameter; readonly drop?: Drop } = {},
): Graph {
  const change = contextChanges(configs, options);
  const known = new Map<Value, Partial<Record<HypernetworkHalf, Value>>>();
  return projectionInputs(graph, (name, context) => {
    const half = /\.attn[12]\.to_([kv])\.weight$/.exec(name)?.[1] as HypernetworkHalf | undefined;
    if (half === undefined) return context;
    // Cross-attentions share their context, and so what is made of it.
    const halves = known.get(context) ?? {};
    known.set(context, halves);
    return (halves[half] ??= change(context, half));
  });
}

/**
 * Hypernetworks alone, parameters and weights as above: inputs `context.WIDTH` [N,T,WIDTH], outputs `k.WIDTH` and `v.WIDTH`, what
 * keys and values are made from in its place.
 */
export function hypernetworkGraph(configs: readonly HypernetworkConfig[]): Graph {
  const change = contextChanges(configs);
  const widths = [...new Set(configs.flatMap((config) => config.widths))];
  const outputs = widths.flatMap((width) => {
    const context = input(`context.${width}`, [symbol("batch"), symbol("tokens"), width]);
    return (["k", "v"] as const).map((half) => [`${half}.${width}`, change(context, half)] as const);
  });
  return graphOf("hypernetworks", Object.fromEntries(outputs));
}

/** What hypernetworks make of a context [..., D], for keys or for values. */
function contextChanges(
  configs: readonly HypernetworkConfig[],
  { make, drop }: { readonly make?: MakeParameter; readonly drop?: Drop } = {},
): (context: Value, half: HypernetworkHalf) => Value {
  const p = parameters(make);
  const weights = configs.map((_, i) => input(hypernetworkWeight(i), []));
  return (context, half) =>
    configs.reduce((x, config, i) => {
      const width = x.dims.at(-1);
      if (!config.widths.some((own) => own === width)) return x;
      const change = hypernetworkLayers(p.at(hypernetworkPrefix(i), String(width), half), x, config, drop);
      return add(x, multiply(change, weights[i]));
    }, context);
}
