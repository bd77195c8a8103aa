// First values of weights, as torch's layers draw them, from a torch generator: the same seed gives the same weights.

import type { Graph } from "../graph/graph.ts";
import { parametersOf } from "../graph/graph.ts";
import { embeddingOp } from "../graph/ops/lookup.ts";
import { parameterOp } from "../graph/ops/source.ts";
import type { ParameterAttributes } from "../graph/ops/source.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import type { ParameterPredicate } from "./parameter-groups.ts";

/** Draws `count` values. */
export type Initializer = (generator: TorchGenerator, count: number, dims: readonly number[]) => Float32Array;

/** All of one value. */
export const filled =
  (value: number): Initializer =>
  (_, count) =>
    new Float32Array(count).fill(value);
/** N(0, deviation²). */
export const normal =
  (deviation: number): Initializer =>
  (generator, count) =>
    generator.normal(count, 0, deviation);
/** Evenly in [−bound, bound). */
export const uniform =
  (bound: number): Initializer =>
  (generator, count) =>
    generator.uniform(count, -bound, bound);

/** Evenly within ±1/√fan-in, as torch begins weights [out,in,…]. */
export const evenly: Initializer = (generator, count, dims) =>
  uniform(1 / Math.sqrt(fanIn(dims)))(generator, count, dims);

/** Values that each output of a weight [out,in,…] is a sum over. */
export const fanIn = (dims: readonly number[]): number => elementCount(dims.slice(1));

/** How some parameters begin. */
export interface InitializationRule {
  readonly matches: ParameterPredicate;
  readonly draw: Initializer;
}

/** Layers that latent diffusion's UNet begins with as zeros, in diffusers' names: each block is the identity at first, and pooled text says nothing. */
export const zeroOutputs: InitializationRule = {
  matches: (name) =>
    /(^|\.)(resnets\.\d+\.conv2|attentions\.\d+\.proj_out|conv_out|add_embedding\.norm2)\.(weight|bias)$/.test(name),
  draw: filled(0),
};

/**
 * An autoencoder's residual blocks begin as the identity, and what is outside of them keeps the size of signals (fan-in): at first
 * colours come through a linear network. With torch's defaults they do so only after thousands of steps, grey coming first.
 */
export const linearAtFirst: readonly InitializationRule[] = [
  {
    matches: (name) => /(^|\.)(resnets\.\d+\.conv2|attentions\.\d+\.to_out\.0)\.(weight|bias)$/.test(name),
    draw: filled(0),
  },
  {
    matches: (name) =>
      /(^|\.)(conv_in|conv_out|conv_shortcut|(down|up)samplers\.0\.conv|(post_)?quant_conv)\.weight$/.test(name),
    draw: (generator, count, dims) => generator.normal(count, 0, 1 / Math.sqrt(fanIn(dims))),
  },
];

/** What to begin with. */
export interface InitializeOptions {
  /** The first that matches counts, before torch's defaults. */
  readonly rules?: readonly InitializationRule[];
  /** Parameters to draw: all by default. */
  readonly only?: (parameter: string) => boolean;
}

/**
 * First values of the parameters of `graph`, drawn in their order of use. Without a rule: linear layers, convolutions and their
 * biases evenly within ±1/√fan-in (Kaiming's with a = √5, arXiv 1502.01852), normalizations 1 and 0, their running statistics
 * too, embeddings N(0, 1), and parameters of no layer N(0, 0.02²).
 */
export function initialize(
  graph: Graph,
  seed: number,
  { rules = [], only = () => true }: InitializeOptions = {},
): Map<string, Tensor> {
  const generator = new TorchGenerator(seed);
  const dimsOf = new Map(parametersOf(graph).map(({ name, dims }) => [name, dims]));
  const embeddings = embeddingTables(graph);

  const standard = (name: string, dims: readonly number[]): Initializer => {
    const [, layer, own] = /^(?:(.*)\.)?(.*)$/.exec(name)!;
    if (own === "running_mean") return filled(0);
    if (own === "running_var") return filled(1);
    if (embeddings.has(name)) return normal(1);
    if (own !== "weight" && own !== "bias") return normal(0.02);
    const weight = own === "weight" ? dims : dimsOf.get(layer === undefined ? "weight" : `${layer}.weight`);
    if (weight !== undefined && weight.length >= 2) return uniform(1 / Math.sqrt(fanIn(weight)));
    return filled(own === "weight" ? 1 : 0);
  };
  const drawn = [...dimsOf]
    .filter(([name]) => only(name))
    .map(([name, dims]): [string, Tensor] => {
      const rule = rules.find(({ matches }) => matches(name, dims));
      const draw = rule?.draw ?? standard(name, dims);
      return [name, tensor(dims, draw(generator, elementCount(dims), dims))];
    });
  return new Map(drawn);
}

/** Names of the parameters whose rows are looked up. */
function embeddingTables({ values }: Graph): Set<string> {
  const tables = values.filter(({ op }) => op.name === embeddingOp.name).flatMap(({ inputs }) => inputs);
  return new Set(
    tables
      .filter(({ op }) => op.name === parameterOp.name)
      .map(({ attributes }) => (attributes as ParameterAttributes).name),
  );
}
