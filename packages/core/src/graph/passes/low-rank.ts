// Low-rank adaptation: y = Wx becomes Wx + s·U(Dx), for linear layers and convolutions alike (LoRA, arXiv 2106.09685, §4.1;
// for convolutions D has the kernel of W and U is 1×1, as in LoCon). W itself is not touched.

import { multiplyDims } from "../dim.ts";
import type { Graph } from "../graph.ts";
import type { ConvolutionAttributes } from "../ops/convolution.ts";
import { conv2d, conv2dOp } from "../ops/convolution.ts";
import { add, multiply } from "../ops/elementwise.ts";
import { linear, linearOp } from "../ops/linear-algebra.ts";
import { reshape } from "../ops/shape.ts";
import type { ParameterAttributes } from "../ops/source.ts";
import { parameterOp } from "../ops/source.ts";
import type { Value } from "../value.ts";
import { rewrite } from "./rewrite.ts";

/** What is added to one weight [out,in] or [out,in,kh,kw]; the rank r may be known only when the graph runs. */
export interface LowRankFactors {
  /** D [r,in] or [r,in,kh,kw]. */
  readonly down: Value;
  /** U [out,r]. */
  readonly up: Value;
  /** s: one number [] for all of them, or one for each [1,r]; 1 by default. */
  readonly scale?: Value;
}

/**
 * `graph` with the factors that `factorsOf` gives for a weight added wherever a linear layer or convolution uses it;
 * weights that it gives none for stay as they are. It is asked once for each weight of `adaptableWeights`.
 */
export function lowRank(graph: Graph, factorsOf: (weight: ParameterAttributes) => LowRankFactors | undefined): Graph {
  const asked = new Map<string, LowRankFactors | undefined>();
  return rewrite(graph, (value, kept) => {
    const weight = weightOf(value);
    if (weight === undefined) return kept;
    if (!asked.has(weight.name)) asked.set(weight.name, factorsOf(weight));
    const factors = asked.get(weight.name);
    return factors === undefined ? kept : add(kept, lowRankProduct(kept, factors));
  });
}

/** The weights of `graph` that linear layers and convolutions multiply by, in order of use. */
export function adaptableWeights({ values }: Pick<Graph, "values">): readonly ParameterAttributes[] {
  const weights = values.flatMap((value) => weightOf(value) ?? []);
  return [...new Map(weights.map((weight) => [weight.name, weight])).values()];
}

function weightOf({ op, inputs, attributes }: Value): ParameterAttributes | undefined {
  const isAdaptable = op.name === linearOp.name || (op.name === conv2dOp.name && !hasGroups(attributes));
  return isAdaptable && inputs[1].op.name === parameterOp.name
    ? (inputs[1].attributes as ParameterAttributes)
    : undefined;
}

const hasGroups = (attributes: unknown): boolean => ((attributes as ConvolutionAttributes).groups ?? 1) !== 1;

/** s·U(Dx) for the layer `layer` = W·x + b. */
function lowRankProduct(layer: Value, { down, up, scale }: LowRankFactors): Value {
  const [x] = layer.inputs;
  const scaled = (inner: Value, s: Value | undefined) => (s === undefined ? inner : multiply(inner, s));
  if (layer.op.name === linearOp.name) {
    // As one matrix [rows,in]: its products need no shapes with r in them.
    const rows = x.dims.length === 2 ? x : reshape(x, [multiplyDims(...x.dims.slice(0, -1)), x.dims.at(-1)!]);
    return reshape(linear(scaled(linear(rows, down), scale), up), layer.dims);
  }
  const [out, rank] = up.dims;
  const inner = conv2d(x, down, undefined, layer.attributes as ConvolutionAttributes); // [N,r,H',W']
  const byChannel = scale?.dims.length === 0 ? scale : scale && reshape(scale, [1, rank, 1, 1]);
  return conv2d(scaled(inner, byChannel), reshape(up, [out, rank, 1, 1]), undefined, {
    stride: 1,
    padding: [0, 0, 0, 0],
  });
}
