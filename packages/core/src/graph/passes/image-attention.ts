// Cross-attention that looks at a picture beside the text (IP-Adapter, arXiv 2308.06721, §3.2.2, "decoupled cross-attention"):
// attention(q, k, v) + Σ λₐ·attention(q, kₐ, vₐ). Keys and values of pictures do not change over the steps, so they are inputs.

import { symbol } from "../dim.ts";
import type { Graph } from "../graph.ts";
import { attention, attentionOp } from "../ops/attention.ts";
import type { AttentionAttributes } from "../ops/attention.ts";
import { add, multiply } from "../ops/elementwise.ts";
import { slice } from "../ops/shape.ts";
import { input } from "../ops/source.ts";
import type { Value } from "../value.ts";
import { rewrite } from "./rewrite.ts";

/**
 * `graph` with `pictures` more sources for its attentions at the module paths `layers`: inputs `imageStates.0`, … [batch,tokens,W]
 * with keys and values of each layer side by side in their order, and `imageWeights` [pictures], λ of each.
 */
export function imageAttention(
  graph: Graph,
  { layers, pictures }: { readonly layers: readonly ImageAttentionLayer[]; readonly pictures: number },
): Graph {
  const [batch] = attentionsOf(graph)[0].dims;
  const width = layers.reduce((sum, layer) => sum + 2 * layer.width, 0);
  const weights = input("imageWeights", [pictures]);
  const sources = Array.from({ length: pictures }, (_, a) => ({
    states: input(`imageStates.${a}`, [batch, symbol(`imageTokens${a}`), width]),
    weight: slice(weights, { axis: 0, start: a, end: a + 1 }),
  }));
  return rewrite(graph, (value, kept) => {
    const at = value.op.name === attentionOp.name ? layers.findIndex(({ scope }) => scope === value.scope) : -1;
    if (at < 0) return kept;
    const { width: own } = layers[at];
    const first = layers.slice(0, at).reduce((sum, layer) => sum + 2 * layer.width, 0);
    const [query] = kept.inputs;
    const { heads } = value.attributes as AttentionAttributes;
    return sources.reduce((sum, { states, weight }) => {
      const part = (start: number) => slice(states, { axis: 2, start, end: start + own });
      return add(sum, multiply(weight, attention(query, part(first), part(first + own), { heads })));
    }, kept);
  });
}

/** An attention by its module path, and the width of its keys. */
export interface ImageAttentionLayer {
  readonly scope: string;
  readonly width: number;
}

const attentionsOf = (graph: Graph): Value[] => graph.values.filter(({ op }) => op.name === attentionOp.name);

/**
 * The attentions of a UNet to its text, in the order in which diffusers has them: on the way down, up, and in the middle. IP-Adapters'
 * files number them 1, 3, 5 …
 */
export function textAttentions(graph: Graph): ImageAttentionLayer[] {
  const sides = ["down_blocks", "up_blocks", "mid_block"];
  const found = attentionsOf(graph).filter(({ scope }) => scope.endsWith(".attn2"));
  return sides.flatMap((side) =>
    found
      .filter(({ scope }) => scope.startsWith(`${side}.`))
      .map(({ scope, inputs: [, keys] }) => ({ scope, width: keys.dims[2] as number })),
  );
}
