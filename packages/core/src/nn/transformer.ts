// Transformer blocks over pixels with cross-attention to the text (latent diffusion, arXiv 2112.10752, §3.3).

import { multiplyDims } from "../graph/dim.ts";
import { attention } from "../graph/ops/attention.ts";
import { add, gelu, multiply } from "../graph/ops/elementwise.ts";
import { reshape, slice, transpose } from "../graph/ops/shape.ts";
import { layer } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { groupNorm, known, layerNorm, linear } from "./layers.ts";

/** What differs between transformers. */
export interface TransformerOptions {
  readonly heads: number;
  readonly blocks: number;
  readonly groups: number;
  /** Text states [N,T,D]; absent, the second attention looks at the picture again. */
  readonly context?: Value;
  /** Diffusers' only_cross_attention: the first attention looks at the text too. */
  readonly onlyCross?: boolean;
}

/** x [N,C,H,W] → [N,C,H,W]: pixels as tokens through `blocks` transformer blocks, plus x. */
export const spatialTransformer = layer(
  (p: Params, x: Value, { blocks, groups, ...options }: TransformerOptions): Value => {
    const [n, , height, width] = x.dims;
    const features = known(x, 1);
    let tokens = transpose(
      reshape(groupNorm(p.at("norm"), x, { groups, epsilon: 1e-6 }), [n, features, multiplyDims(height, width)]),
      [0, 2, 1],
    );
    // [N,HW,C]; a 1×1 convolution before the reshape (SD 1.x) is the same product as a linear layer after it (SD 2.x, XL).
    tokens = linear(p.at("proj_in"), tokens, { features });
    for (let i = 0; i < blocks; i++) tokens = transformerBlock(p.at("transformer_blocks", i), tokens, options);
    tokens = linear(p.at("proj_out"), tokens, { features });
    return add(reshape(transpose(tokens, [0, 2, 1]), x.dims), x);
  },
);

/** x [N,T,C] → [N,T,C]: self-attention, cross-attention, feed-forward; each normalized before and added after. */
const transformerBlock = layer(
  (
    p: Params,
    x: Value,
    { heads, context, onlyCross }: Pick<TransformerOptions, "heads" | "context" | "onlyCross">,
  ): Value => {
    x = add(
      crossAttention(p.at("attn1"), layerNorm(p.at("norm1"), x), { heads, context: onlyCross ? context : undefined }),
      x,
    );
    x = add(crossAttention(p.at("attn2"), layerNorm(p.at("norm2"), x), { heads, context }), x);
    return add(feedForward(p.at("ff"), layerNorm(p.at("norm3"), x)), x);
  },
);

/** Queries from x [N,T,C], keys and values from `context` [N,S,D] (x itself when absent) → [N,T,C]. */
const crossAttention = layer(
  (p: Params, x: Value, { heads, context = x }: { heads: number; context?: Value }): Value => {
    const features = known(x, -1);
    const [q, k, v] = [
      linear(p.at("to_q"), x, { features, bias: false }),
      linear(p.at("to_k"), context, { features, bias: false }),
      linear(p.at("to_v"), context, { features, bias: false }),
    ];
    return linear(p.at("to_out", 0), attention(q, k, v, { heads }), { features });
  },
);

/** GEGLU (arXiv 2002.05202): x [N,T,C] → (xW₁ ⊙ gelu(xW₂))W₃, four times as wide inside. */
const feedForward = layer((p: Params, x: Value): Value => {
  const features = known(x, -1);
  const inner = 4 * features;
  const both = linear(p.at("net", 0, "proj"), x, { features: 2 * inner });
  const values = slice(both, { axis: 2, start: 0, end: inner });
  const gate = slice(both, { axis: 2, start: inner, end: 2 * inner });
  return linear(p.at("net", 2), multiply(values, gelu(gate)), { features });
});
